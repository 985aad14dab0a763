using System.Text.Json;

namespace Handlers.Tool;

/// <summary>What a JSON context says of how types are read and written: its <c>[JsonSourceGenerationOptions]</c>, over the defaults that it names.</summary>
internal sealed record JsonShape
{
    private const int Strict = 2;

    public JsonNamingPolicy? Names { get; private init; }

    public bool IncludesFields { get; private init; }

    public bool IgnoresReadOnlyProperties { get; private init; }

    public bool IgnoresReadOnlyFields { get; private init; }

    /// <summary>Enums as the names of their members.</summary>
    public bool EnumsAreTexts { get; private init; }

    /// <summary>Converters that the context names for one type each, by that type.</summary>
    public IReadOnlyList<(string Type, Type Converter)> Converters { get; private init; } = [];

    /// <summary>Numbers may be texts too.</summary>
    public bool NumbersMayBeTexts { get; private init; }

    public bool RefusesUnknownMembers { get; private init; }

    /// <param name="context">A type that derives from JsonSerializerContext; null: nothing is known.</param>
    public static JsonShape Of(Type? context)
    {
        if (context?.Json("JsonSourceGenerationOptions") is not { } options) return new JsonShape();
        var defaults = options.First() as int?;
        var isWeb = defaults == (int)JsonSerializerDefaults.Web;
        var converters = Attributes.Types(options.Named("Converters")).ToList();
        var own = converters.Select(static c => (Type: Converted(c), Converter: c)).Where(static c => c.Type is not null).Select(static c => (c.Type!, c.Converter)).ToList();
        return new JsonShape
        {
            Names = Policy(options.Named("PropertyNamingPolicy") as int?, isWeb),
            IncludesFields = Is("IncludeFields"),
            IgnoresReadOnlyProperties = Is("IgnoreReadOnlyProperties"),
            IgnoresReadOnlyFields = Is("IgnoreReadOnlyFields"),
            EnumsAreTexts = Is("UseStringEnumConverter") || converters.Any(static c => IsStringEnum(c) && !c.IsGenericType),
            Converters = own.Count == 0 ? Array.Empty<(string, Type)>() : own, // shapes that say the same are equal, and types have one schema for them
            NumbersMayBeTexts = (options.Named("NumberHandling") as int? ?? (isWeb ? 1 : 0)) != 0,
            RefusesUnknownMembers = (options.Named("UnmappedMemberHandling") as int? ?? (defaults == Strict ? 1 : 0)) == 1,
        };

        bool Is(string name) => options.Named(name) is true;
    }

    /// <summary>Whether a converter writes enums as the names of their members.</summary>
    public static bool IsStringEnum(Type converter) => converter.FullName?.StartsWith("System.Text.Json.Serialization.JsonStringEnumConverter", StringComparison.Ordinal) == true;

    /// <summary>The one of the context for a type.</summary>
    public Type? Converter(Type type) => Converters.Where(c => c.Type == type.ToString()).Select(static c => c.Converter).FirstOrDefault();

    // What it derives from says of what type it is; a factory is of many.
    private static string? Converted(Type? converter)
    {
        if (converter is { IsGenericType: true } && IsStringEnum(converter)) return converter.GenericTypeArguments[0].ToString();
        for (; converter is not null; converter = converter.BaseType)
            if (converter is { IsGenericType: true, Name: "JsonConverter`1" }) return converter.GenericTypeArguments[0].ToString();
        return null;
    }

    // JsonKnownNamingPolicy; 0 is nothing said.
    private static JsonNamingPolicy? Policy(int? known, bool isWeb) => known switch
    {
        1 => JsonNamingPolicy.CamelCase,
        2 => JsonNamingPolicy.SnakeCaseLower,
        3 => JsonNamingPolicy.SnakeCaseUpper,
        4 => JsonNamingPolicy.KebabCaseLower,
        5 => JsonNamingPolicy.KebabCaseUpper,
        _ => isWeb ? JsonNamingPolicy.CamelCase : null,
    };
}
