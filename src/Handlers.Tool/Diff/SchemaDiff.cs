using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>
/// Compares two schemas as the tool writes them. Who reads must take all that was written by the old one; who writes must write only what the old one
/// takes. So each difference matters to one side, or to both.
/// </summary>
internal sealed class SchemaDiff(JsonObject schemasBefore, JsonObject schemasAfter, SchemaDiff.Side side)
{
    public enum Side
    {
        Reader,
        Writer,
    }

    /// <summary>One difference, and where: a path of members, in which <c>$</c> is the payload.</summary>
    public sealed record Difference(string At, string? Old, string? New, bool Breaks);

    private readonly HashSet<(string?, string?)> seen = [];
    private readonly List<Difference> differences = [];

    public IReadOnlyList<Difference> Compare(JsonNode before, JsonNode after)
    {
        Compare("$", before, after);
        return differences;
    }

    private void Compare(string at, JsonNode before, JsonNode after)
    {
        var (old, now) = (Shape.Of(before, schemasBefore), Shape.Of(after, schemasAfter));
        if (old.IsNullable != now.IsNullable && !old.IsOpen && !now.IsOpen) Add(at, old.IsNullable ? "nullable" : "not nullable", now.IsNullable ? "nullable" : "not nullable", side == Side.Reader ? old.IsNullable : now.IsNullable);
        // The same pair of types is the same below, wherever it is; and types refer to themselves.
        var pair = (Reference(before), Reference(after));
        if ((pair.Item1 ?? pair.Item2) is not null && !seen.Add(pair)) return;
        // What says nothing takes everything.
        if (now.IsOpen || old.IsOpen)
        {
            if (old.IsOpen != now.IsOpen) Add(at, old.IsOpen ? "anything" : old.Text, now.IsOpen ? "anything" : now.Text, side == Side.Reader ? old.IsOpen : now.IsOpen);
            return;
        }

        if (old.Text != now.Text) Add(at, old.Text, now.Text, breaks: !IsWithin(side == Side.Reader ? old : now, side == Side.Reader ? now : old));
        foreach (var gone in old.Values.Except(now.Values)) Add(at, gone, null, side == Side.Reader);
        foreach (var added in now.Values.Except(old.Values)) Add(at, null, added, side == Side.Writer);
        foreach (var (name, schema) in old.Members)
        {
            if (now.Members.TryGetValue(name, out var other)) Compare($"{at}.{name}", schema, other);
            // A reader passes over what it does not know, unless it says that it refuses that.
            else Add($"{at}.{name}", "a member", null, side == Side.Reader ? now.IsClosed : true);
        }

        foreach (var name in now.Members.Keys.Except(old.Members.Keys)) Add($"{at}.{name}", null, "a member", side == Side.Reader ? now.Required.Contains(name) : old.IsClosed);
        foreach (var name in now.Required.Except(old.Required).Where(old.Members.ContainsKey)) Add($"{at}.{name}", "not required", "required", side == Side.Reader);
        foreach (var name in old.Required.Except(now.Required).Where(now.Members.ContainsKey)) Add($"{at}.{name}", "required", "not required", side == Side.Writer);
        if (!old.IsClosed && now.IsClosed) Add(at, "takes unknown members", "refuses unknown members", side == Side.Reader);
        if (old.Items is { } items && now.Items is { } itemsNow) Compare($"{at}[]", items, itemsNow);
        if (old.MapOf is { } map && now.MapOf is { } mapNow) Compare($"{at}{{}}", map, mapNow);
        Cases(at, old, now);
    }

    private void Cases(string at, Shape old, Shape now)
    {
        foreach (var (name, schema) in old.Cases)
        {
            if (now.Cases.TryGetValue(name, out var other)) Compare($"{at}<{name}>", schema, other);
            else Add(at, $"case {name}", null, side == Side.Reader);
        }

        foreach (var name in now.Cases.Keys.Except(old.Cases.Keys)) Add(at, null, $"case {name}", side == Side.Writer);
    }

    private void Add(string at, string? old, string? now, bool breaks) => differences.Add(new(at, old, now, breaks));

    private static string? Reference(JsonNode schema) => OrNull((JsonObject)schema).Schema["$ref"]?.GetValue<string>();

    /// <summary>Of a schema or null, that schema.</summary>
    private static (JsonObject Schema, bool IsNullable) OrNull(JsonObject schema) =>
        schema["anyOf"] is JsonArray { Count: 2 } either && either[1]?["type"] is JsonValue none && none.GetValue<string>() == "null" ? ((JsonObject)either[0]!, true) : (schema, false);

    // Whole numbers are numbers; a type among several is one of them.
    private static bool IsWithin(Shape narrow, Shape wide) => narrow.Types.All(t => wide.Types.Contains(t) || (t == "integer" && wide.Types.Contains("number"))) && NumberRange.IsFormatWithin(narrow.Format, wide.Format, narrow.Types);

    /// <summary>One schema, opened: its reference followed, null told apart.</summary>
    private sealed record Shape(IReadOnlyList<string> Types, string? Format, bool IsNullable, bool IsOpen)
    {
        public string Text => string.Join(" or ", Types) + (Format is null ? "" : $" ({Format})");
        public IReadOnlyList<string> Values { get; private init; } = [];
        public IReadOnlyDictionary<string, JsonNode> Members { get; private init; } = new Dictionary<string, JsonNode>();
        public IReadOnlyList<string> Required { get; private init; } = [];
        public bool IsClosed { get; private init; }
        public JsonNode? Items { get; private init; }
        public JsonNode? MapOf { get; private init; }
        public IReadOnlyDictionary<string, JsonNode> Cases { get; private init; } = new Dictionary<string, JsonNode>();

        public static Shape Of(JsonNode node, JsonObject schemas)
        {
            var (schema, isNullable) = OrNull((JsonObject)node);
            if (Reference(schema) is { } reference) schema = schemas[reference[(reference.LastIndexOf('/') + 1)..]] as JsonObject ?? [];
            var types = schema["type"] switch { JsonArray several => several.Select(t => t!.GetValue<string>()).ToList(), JsonValue one => [one.GetValue<string>()], _ => [] };
            isNullable |= types.Remove("null");
            var values = schema["enum"] is JsonArray all ? all.ToList() : null;
            isNullable |= values?.Any(v => v is null) == true;
            var cases = schema["anyOf"] as JsonArray;
            return new Shape(types, FormatOf(schema), isNullable, types.Count == 0 && values is null && cases is null && schema["properties"] is null)
            {
                Values = [.. (values ?? []).OfType<JsonNode>().Select(v => v.ToJsonString())],
                Members = schema["properties"] is JsonObject members ? members.ToDictionary(m => m.Key, m => m.Value!) : [],
                Required = schema["required"] is JsonArray required ? [.. required.Select(r => r!.GetValue<string>())] : [],
                IsClosed = schema["additionalProperties"] is JsonValue closed && !closed.GetValue<bool>(),
                Items = schema["items"],
                MapOf = schema["additionalProperties"] as JsonObject,
                Cases = cases is null ? new Dictionary<string, JsonNode>() : cases.Select((c, i) => (Name: Discriminator((JsonObject)c!) ?? $"{i}", Case: c!)).DistinctBy(c => c.Name).ToDictionary(c => c.Name, c => c.Case),
            };
        }

        // Texts that are no free text, by whatever says so.
        private static string? FormatOf(JsonObject schema) => ((JsonNode?[])[schema["format"], schema["pattern"], schema["contentEncoding"]]).FirstOrDefault(f => f is not null)?.GetValue<string>() ?? (schema["maxLength"] is null ? null : "one character");

        private static string? Discriminator(JsonObject schema) => (schema["properties"] as JsonObject)?.Select(p => (p.Value as JsonObject)?["const"]).FirstOrDefault(c => c is not null)?.ToJsonString();
    }
}
