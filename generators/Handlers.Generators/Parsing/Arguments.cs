using System.Collections.Immutable;
using System.Globalization;
using Handlers.Generators.Analyzers;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>What stands in an attribute. What the compiler refuses itself is as if it were not there.</summary>
internal static class Arguments
{
    /// <summary>The value of a named argument; null where it is not written.</summary>
    public static TypedConstant? Argument(this AttributeData attribute, string property)
    {
        foreach (var named in attribute.NamedArguments)
            if (named.Key == property && named.Value.Kind != TypedConstantKind.Error) return named.Value;
        return null;
    }

    /// <summary>True where the argument is written, whatever its value.</summary>
    public static bool Has(this AttributeData attribute, string property) => attribute.Argument(property) is not null;

    /// <summary>The text of a named argument; null where it is not written, or null.</summary>
    public static string? Text(this AttributeData attribute, string property) => attribute.Argument(property)?.Value as string;

    /// <summary>The text of the constructor's first argument.</summary>
    public static string? FirstText(this AttributeData attribute) =>
        attribute.ConstructorArguments.FirstOrDefault() is { Kind: TypedConstantKind.Primitive } first ? first.Value as string : null;

    /// <summary>The items of an array.</summary>
    public static ImmutableArray<TypedConstant> Items(TypedConstant? array) =>
        array is { Kind: TypedConstantKind.Array, IsNull: false } items ? items.Values : ImmutableArray<TypedConstant>.Empty;

    /// <summary>The member of an enum that a named argument is; null where it is not written.</summary>
    public static string? Member(this AttributeData attribute, string property, Findings findings, CancellationToken stop)
    {
        if (attribute.Argument(property) is not { Type: { } type } value) return null;
        var member = type.GetMembers().OfType<IFieldSymbol>().FirstOrDefault(f => f.HasConstantValue && Equals(f.ConstantValue, value.Value));
        if (member is null) findings.Add(Rules.UnknownValue, Places.Argument(attribute, property, stop), property, Convert.ToString(value.Value, CultureInfo.InvariantCulture));
        return member?.Name;
    }

    /// <summary>A text that is left out or says something.</summary>
    public static string? NotEmpty(this AttributeData attribute, string property, string otherwise, Findings findings, CancellationToken stop)
    {
        if (attribute.Text(property) is not { } text) return null;
        if (string.IsNullOrWhiteSpace(text)) findings.Add(Rules.EmptyName, Places.Argument(attribute, property, stop), property, otherwise);
        return text;
    }
}
