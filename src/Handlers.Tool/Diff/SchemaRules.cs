using System.Text.Json.Nodes;
using static Handlers.Tool.ChangeClass;

namespace Handlers.Tool;

/// <summary>What changes of payloads' schemas do, where both topologies have them.</summary>
internal static class SchemaRules
{
    /// <summary>The ids of the rules, with their classes.</summary>
    public static IReadOnlyList<(string Id, ChangeClass Class)> All { get; } = [("schema-read", Breaking), ("schema-written", Breaking), ("schema-changed", Harmless)];

    public static IEnumerable<Change> Compare(TopologyHandler before, JsonObject? schemasBefore, TopologyHandler after, JsonObject? schemasAfter)
    {
        if (schemasBefore is null || schemasAfter is null) return [];
        // What is in the topic must be read by the new schema; what is written by the new one must be read by who knows the old one.
        return Of("schema-read", before.Payload, schemasBefore, after.Payload, schemasAfter, after.Name, SchemaDiff.Side.Reader, "messages that are in the topic may be invalid now")
            .Concat(Of("schema-written", before.Published, schemasBefore, after.Published, schemasAfter, after.Name, SchemaDiff.Side.Writer, "whoever reads the output may not be able to unpack it"));
    }

    private static IEnumerable<Change> Of(
        string rule, TopologyPayload? before, JsonObject schemasBefore, TopologyPayload? after, JsonObject schemasAfter, string handler, SchemaDiff.Side side, string why)
    {
        if (before?.Kind != "Json" || after?.Kind != "Json" || before.Schema is not { } old || after.Schema is not { } now) yield break;
        foreach (var found in new SchemaDiff(schemasBefore, schemasAfter, side).Compare(old, now))
            yield return found.Breaks ? new Change(Breaking, rule, handler, $"{found.At}: {found.Old}", found.New, why) : new Change(Harmless, "schema-changed", handler, $"{found.At}: {found.Old}", found.New, "both sides go on");
    }
}
