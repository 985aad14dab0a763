using System.Text.Json.Nodes;
using Handlers.Generators.Model;

namespace Handlers.Tool;

/// <summary>The messages of a document: one for each payload and type of message, and one more where it is a dead letter.</summary>
internal sealed class AsyncApiMessages
{
    private static readonly string[] DeadLetterNames =
    [
        DeadLetterHeaders.Id, DeadLetterHeaders.Topic, DeadLetterHeaders.Lane, DeadLetterHeaders.Position, DeadLetterHeaders.Group, DeadLetterHeaders.Handler,
        DeadLetterHeaders.Attempts, DeadLetterHeaders.Exception, DeadLetterHeaders.Reason, DeadLetterHeaders.Time,
    ];

    private readonly Dictionary<string, string> keys = [];

    public SortedDictionary<string, JsonObject> All { get; } = new(StringComparer.Ordinal);

    public string Source(TopologyHandler handler) => Add(handler.Payload!, handler.MessageType, Headers(handler), "");

    public string Published(TopologyHandler handler) => Add(handler.Published!, null, null, "");

    /// <summary>With its source's payload as it was: what was invalid there is invalid here too.</summary>
    public string DeadLetter(TopologyHandler handler) => Add(handler.Payload!, handler.MessageType,
        new JsonObject { ["type"] = "object", ["properties"] = new JsonObject(DeadLetterNames.Select(n => KeyValuePair.Create(n, (JsonNode?)new JsonObject { ["type"] = "string" }))) }, ".dead");

    private string Add(TopologyPayload payload, string? type, JsonObject? headers, string end)
    {
        var title = (payload with { IsNullable = false }).ShortType;
        var message = SettingsText.Compact(new JsonObject
        {
            ["name"] = type ?? title,
            ["title"] = title,
            ["contentType"] = ContentType(payload),
            ["headers"] = headers,
            ["payload"] = Payload(payload),
            ["x-handlers-type"] = payload.Type,
            ["x-handlers-frame"] = payload.IsFramed ? "confluent" : null,
            ["x-handlers-tombstones"] = payload.IsNullable ? true : null,
        });
        var text = message.ToJsonString() + end;
        if (keys.TryGetValue(text, out var known)) return known;
        var key = ComponentName.Of((type is null ? title : $"{title}.{type}") + end);
        if (All.ContainsKey(key)) key = $"{key}_{StableNumber.Of(text)}";
        keys.Add(text, key);
        All.Add(key, message);
        return key;
    }

    // Bytes that are no JSON have no JSON Schema; of a nullable payload null is no body at all, and so no value.
    private static JsonObject Payload(TopologyPayload payload) => payload.Schema?.DeepClone() as JsonObject ?? [];

    private static string ContentType(TopologyPayload payload) => payload switch
    {
        { IsFramed: true } => "application/octet-stream",
        { Kind: "Json" or "JsonElement" } => "application/json",
        { Kind: "Text" } => "text/plain",
        { Kind: "Protobuf" } => "application/x-protobuf",
        _ => "application/octet-stream",
    };

    private static JsonObject? Headers(TopologyHandler handler)
    {
        if (handler.MessageType is not { } type || handler.TypeFrom == TypeSource.Json) return null;
        var name = handler.TypeName ?? (handler.TypeFrom == TypeSource.CloudEvents ? "ce_type" : "type");
        return new JsonObject { ["type"] = "object", ["required"] = new JsonArray(name), ["properties"] = new JsonObject { [name] = new JsonObject { ["const"] = type } } };
    }
}
