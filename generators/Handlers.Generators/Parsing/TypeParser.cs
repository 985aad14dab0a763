using Handlers.Generators.Model;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Parsing;

/// <summary>Which type of message a handler takes: what the attribute says, or what System.Text.Json's attributes say of the payload.</summary>
internal static class TypeParser
{
    private const string Json = "System.Text.Json.Serialization";

    public static SettingsModel Apply(SettingsModel settings, IMethodSymbol method)
    {
        var applied = Inferred(settings, method);
        // Handlers that share a topic have the same name, whether it is written or not.
        return applied.TypeName == DefaultName(applied.TypeFrom) ? applied with { TypeName = null } : applied;
    }

    private static SettingsModel Inferred(SettingsModel settings, IMethodSymbol method)
    {
        if (settings.TypeFrom != "Json" || ParameterParser.PayloadType(method) is not { } payload) return settings;
        // The payload's own attributes before those of what it derives from, nearest first.
        foreach (var type in Bases(payload).Concat(payload.AllInterfaces))
        {
            var discriminator = Discriminator(type, payload);
            var polymorphic = type.Attribute(Json, "JsonPolymorphicAttribute");
            if (discriminator is null && !(polymorphic is not null && SymbolEqualityComparer.Default.Equals(type, payload))) continue;
            return settings with
            {
                MessageType = settings.MessageType ?? discriminator,
                TypeName = settings.TypeName ?? polymorphic?.Text("TypeDiscriminatorPropertyName"),
            };
        }

        return settings;
    }

    // The header or member where a source has the type, unless a handler says otherwise: the names of the runtime.
    private static string DefaultName(string? source) => source switch
    {
        "CloudEvents" => "ce_type",
        "Json" => "$type",
        _ => "type",
    };

    private static IEnumerable<INamedTypeSymbol> Bases(ITypeSymbol type)
    {
        for (var t = type as INamedTypeSymbol; t is not null; t = t.BaseType) yield return t;
    }

    // [JsonDerivedType(typeof(T), "text")]; a number as discriminator is no text, and no type to go by.
    private static string? Discriminator(INamedTypeSymbol type, ITypeSymbol payload) => type.GetAttributes()
        .Where(a => a.AttributeClass.Is(Json, "JsonDerivedTypeAttribute") && a.ConstructorArguments.Length == 2
            && SymbolEqualityComparer.Default.Equals(a.ConstructorArguments[0].Value as ITypeSymbol, payload))
        .Select(a => a.ConstructorArguments[1].Value as string)
        .FirstOrDefault(text => !string.IsNullOrWhiteSpace(text));
}
