using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>Adds the schemas of payloads to a topology.</summary>
internal static class SchemaReader
{
    /// <param name="topology">Of an assembly.</param>
    /// <param name="application">That assembly.</param>
    /// <param name="warnings">Takes what could not be seen; a schema that says nothing stands in its place.</param>
    public static Topology Add(Topology topology, FileInfo application, List<string> warnings)
    {
        using var types = AppTypes.Open(application);
        var definitions = new Definitions();
        var handlers = topology.Handlers.Select(h => h with { Payload = With(h.Payload, h), Published = With(h.Published, h) }).ToList();
        return topology with { Handlers = handlers, Schemas = definitions.Write() };

        TopologyPayload? With(TopologyPayload? payload, TopologyHandler handler) => payload is null ? null : payload with { Schema = Schema(payload, handler) };

        JsonObject Schema(TopologyPayload payload, TopologyHandler handler)
        {
            try
            {
                return payload switch
                {
                    { Kind: "Text" } => new JsonObject { ["type"] = "string" },
                    { Kind: "Json", Reference: { } reference } => new SchemaBuilder(definitions, payload.Context is { } context ? types.Find(context, handler.Assembly) : null).Of(types.Find(reference, handler.Assembly)),
                    { Kind: "Protobuf", Reference: { } reference } => new ProtobufSchema(definitions).Of(types.Find(reference, handler.Assembly)),
                    { Kind: "JsonElement" } => [],
                    _ => new JsonObject { ["x-handlers-type"] = payload.Type },
                };
            }
            // What an assembly refers to is looked for when it is needed, and may not be there.
            catch (Exception e) when (e is ToolException or IOException or TypeLoadException or BadImageFormatException)
            {
                warnings.Add($"The schema of {payload.Type}, which {handler.Name} has, says nothing: {e.Message}");
                return new JsonObject { ["x-handlers-type"] = payload.Type };
            }
        }
    }
}
