using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace Handlers.Generators.Parsing;

/// <summary>How symbols are recognized and spelled.</summary>
internal static class Symbols
{
    private static readonly SymbolDisplayFormat WithNullability = SymbolDisplayFormat.FullyQualifiedFormat
        .AddMiscellaneousOptions(SymbolDisplayMiscellaneousOptions.IncludeNullableReferenceTypeModifier);

    /// <summary>By namespace and name: no look-up in the compilation, and nothing of it to hold.</summary>
    public static bool Is(this ITypeSymbol? type, string @namespace, string name) =>
        type is { ContainingType: null } && type.Name == name && IsNamed(type.ContainingNamespace, @namespace);

    // From the last part to the first, without making text of it: this is asked many times of every handler.
    private static bool IsNamed(INamespaceSymbol? found, string name)
    {
        var end = name.Length;
        for (; found is { IsGlobalNamespace: false }; found = found.ContainingNamespace)
        {
            var start = end - found.Name.Length;
            if (start < 0 || string.CompareOrdinal(name, start, found.Name, 0, found.Name.Length) != 0) return false;
            if (start == 0) return found.ContainingNamespace.IsGlobalNamespace;
            if (name[start - 1] != '.') return false;
            end = start - 1;
        }

        return false;
    }

    public static bool IsGeneric(this ITypeSymbol? type, string @namespace, string name, out ITypeSymbol argument)
    {
        argument = type!;
        if (type is not INamedTypeSymbol { TypeArguments.Length: 1 } named || !named.Is(@namespace, name)) return false;
        argument = named.TypeArguments[0];
        return true;
    }

    public static AttributeData? Attribute(this ISymbol symbol, string @namespace, string name)
    {
        foreach (var attribute in symbol.GetAttributes())
            if (attribute.AttributeClass.Is(@namespace, name)) return attribute;
        return null;
    }

    /// <summary>As emitted code spells it, with nullable annotations, but without an outermost one.</summary>
    public static string Spelling(this ITypeSymbol type) => type.WithNullableAnnotation(NullableAnnotation.NotAnnotated).ToDisplayString(WithNullability);

    /// <summary>Without any nullable annotation.</summary>
    public static string Key(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.FullyQualifiedFormat);

    /// <summary>As people spell it.</summary>
    public static string Text(this ITypeSymbol type) => type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat);

    /// <summary>An identifier as C# spells it.</summary>
    public static string Escaped(string name) =>
        SyntaxFacts.GetKeywordKind(name) != SyntaxKind.None ? "@" + name : name;

    /// <summary>Type and containing types, outermost first.</summary>
    public static IEnumerable<INamedTypeSymbol> Nesting(this INamedTypeSymbol type) =>
        type.ContainingType is { } outer ? outer.Nesting().Append(type) : [type];

    /// <summary>True where code of the same assembly may name it; file-local types can be named in their file alone.</summary>
    public static bool IsAccessible(this ISymbol symbol) =>
        symbol.DeclaredAccessibility is Accessibility.Public or Accessibility.Internal or Accessibility.ProtectedOrInternal
        && symbol is not INamedTypeSymbol { IsFileLocal: true };

    /// <summary>True where the compiler found no such type, here or in its arguments.</summary>
    public static bool IsUnknown(this ITypeSymbol type) => type switch
    {
        { TypeKind: TypeKind.Error } => true,
        IArrayTypeSymbol array => array.ElementType.IsUnknown(),
        INamedTypeSymbol named => named.TypeArguments.Any(IsUnknown),
        _ => false,
    };

    /// <summary>Whether the type has the question mark, and the type without it.</summary>
    public static bool IsNullable(this ITypeSymbol type, out ITypeSymbol bare)
    {
        bare = type;
        if (type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
        {
            bare = nullable.TypeArguments[0];
            return true;
        }

        return type is { IsValueType: false, NullableAnnotation: NullableAnnotation.Annotated };
    }
}
