using System.Text.Json.Nodes;
using Handlers.Generators.Model;

namespace Handlers.Tool;

/// <summary>Schemas of types, by name: each type once for each way in which JSON contexts read and write it.</summary>
internal sealed class Definitions
{
    private const string Place = "#/components/schemas/";

    private readonly Dictionary<(string Type, JsonShape Shape), string> names = [];
    private readonly SortedDictionary<string, JsonObject> schemas = new(StringComparer.Ordinal);

    public int Count => schemas.Count;

    /// <summary>The reference to a type's schema, which is made the first time. A type may refer to itself.</summary>
    public string Add(Type type, JsonShape shape, Func<JsonObject> make)
    {
        var key = (type.ToString(), shape);
        if (!names.TryGetValue(key, out var name))
        {
            name = ComponentName.Of(ShortName(type));
            if (names.ContainsValue(name)) name = $"{name}_{StableNumber.Of($"{key}")}";
            names.Add(key, name);
            schemas[name] = make();
        }

        return Place + name;
    }

    /// <summary>All of them.</summary>
    public JsonObject Write() => new(schemas.Select(s => KeyValuePair.Create(s.Key, (JsonNode?)s.Value.DeepClone())));

    private static string ShortName(Type type)
    {
        var own = type.Name.Split('`')[0];
        var outer = type is { IsNested: true, DeclaringType: { } parent } ? $"{parent.Name.Split('`')[0]}." : "";
        return $"{outer}{own}{(type.IsGenericType ? "Of" + string.Join("And", type.GenericTypeArguments.Select(ShortName)) : "")}";
    }
}
