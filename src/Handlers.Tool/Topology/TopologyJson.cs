using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>A topology as JSON, version 1: the contract for scripts, and the baseline of <c>diff</c>. Members are added to it, never taken away.</summary>
internal static class TopologyJson
{
    private static readonly string[] TypeNames = ["payload", "context", "result", "resultContext"];

    public static JsonObject Write(Topology topology) => SettingsText.Compact(new JsonObject
    {
        ["v"] = TopologyReader.Version,
        ["application"] = topology.Application,
        ["version"] = topology.Version,
        ["handlersVersion"] = topology.HandlersVersion,
        ["brokers"] = Texts(topology.Brokers),
        ["handlers"] = new JsonArray([.. topology.Handlers.Select(Write)]),
        ["topics"] = new JsonArray([.. TopicUse.Of(topology).Select(Write)]),
        ["components"] = topology.Schemas is { } schemas ? new JsonObject { ["schemas"] = schemas.DeepClone() } : null,
    });

    /// <exception cref="ToolException">It is something else, or of a later version.</exception>
    public static Topology Read(JsonObject json, string file, string? application)
    {
        try
        {
            if (json["v"]?.GetValue<int>() is not { } version || json["handlers"] is not JsonArray handlers) throw new ToolException($"{file} is not what 'handlers describe --json' writes: it has no v or no handlers.");
            if (version > TopologyReader.Version) throw new ToolException($"{file} has version {version}; this tool reads version {TopologyReader.Version}. Install a newer tool: dotnet tool update Handlers.Tool");
            var name = application ?? SettingsText.Text(json, "application") ?? "";
            return new Topology(name, SettingsText.Text(json, "version"), SettingsText.Text(json, "handlersVersion") ?? "", [.. SettingsText.Texts(json, "brokers")], TopologyReader.Sorted(handlers.Select(h => Handler((JsonObject)h!, name))))
            {
                Schemas = json["components"]?["schemas"]?.DeepClone() as JsonObject,
            };
        }
        catch (Exception e) when (e is InvalidOperationException or InvalidCastException or FormatException or NullReferenceException)
        {
            throw new ToolException($"{file} is not what 'handlers describe --json' writes: {e.Message}");
        }
    }

    private static JsonNode Write(TopologyHandler handler) => SettingsText.Compact(new JsonObject
    {
        ["name"] = handler.Name,
        ["method"] = handler.Method,
        ["assembly"] = handler.Assembly,
        ["enabled"] = handler.IsEnabled,
        ["declared"] = handler.Text.DeepClone(),
        ["effective"] = handler.Errors.Count == 0 ? SettingsText.Write(handler.Settings) : null,
        ["types"] = Types(handler),
        ["payload"] = handler.Payload is { } payload ? Write(payload) : null,
        ["publish"] = handler.Published is { } published ? Write(published) : null,
        ["errors"] = handler.Errors.Count == 0 ? null : Texts(handler.Errors),
    });

    private static JsonObject? Types(TopologyHandler handler)
    {
        string?[] types = [handler.Payload?.Reference, handler.Payload?.Context, handler.Published?.Reference, handler.Published?.Context];
        return types.All(t => t is null) ? null : SettingsText.Compact(new JsonObject(TypeNames.Zip(types, (name, type) => KeyValuePair.Create(name, (JsonNode?)type))));
    }

    private static JsonObject Write(TopologyPayload payload) => SettingsText.Compact(new JsonObject
    {
        ["kind"] = payload.Kind,
        ["type"] = payload.Type,
        ["nullable"] = payload.IsNullable,
        ["framed"] = payload.IsFramed,
        ["shape"] = payload.Shape,
        ["keyed"] = payload.Keyed,
        ["schema"] = payload.Schema?.DeepClone(),
    });

    private static JsonNode Write(TopicUse use) => new JsonObject
    {
        ["name"] = use.Name,
        ["transport"] = use.Transport,
        ["pattern"] = use.IsPattern,
        ["roles"] = Texts(use.Roles.Select(r => r.ToText())),
        ["readBy"] = Texts(use.ReadBy),
        ["writtenBy"] = Texts(use.WrittenBy),
    };

    private static TopologyHandler Handler(JsonObject json, string application)
    {
        var types = json["types"] as JsonObject ?? [];
        var spelled = TypeNames.Where(types.ContainsKey).ToDictionary(t => char.ToUpperInvariant(t[0]) + t[1..], t => types[t]!.GetValue<string>());
        var handler = TopologyReader.Handler((JsonObject)json["declared"]!.DeepClone(), spelled, SettingsText.Text(json, "assembly") ?? "", application);
        return handler with
        {
            IsEnabled = json["enabled"]?.GetValue<bool>() ?? true,
            Settings = json["effective"] is JsonObject effective ? SettingsText.Read(effective) : handler.Settings,
            Payload = handler.Payload is { } payload ? payload with { Schema = json["payload"]?["schema"]?.DeepClone() } : null,
            Published = handler.Published is { } published ? published with { Schema = json["publish"]?["schema"]?.DeepClone() } : null,
        };
    }

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode)t)]);
}
