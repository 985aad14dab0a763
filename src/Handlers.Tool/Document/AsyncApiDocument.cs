using System.Text.Json.Nodes;
using Handlers.Generators.Model;

namespace Handlers.Tool;

/// <summary>
/// A topology as AsyncAPI 3.0: a channel for each topic, an operation for each thing that a handler does there. There are no servers in it, as an
/// assembly knows none.
/// </summary>
/// <param name="topology">What is written.</param>
/// <param name="isKafka">Whether what AsyncAPI has for Kafka is written too.</param>
internal sealed class AsyncApiDocument(Topology topology, bool isKafka)
{
    private const string BindingVersion = "0.5.0";

    private readonly SortedDictionary<string, JsonObject> channels = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Transport, string Topic), string> keys = []; // of channels
    private readonly SortedDictionary<string, JsonObject> operations = new(StringComparer.Ordinal);
    private readonly AsyncApiMessages messages = new();

    public static JsonObject Write(Topology topology, bool isKafka) => new AsyncApiDocument(topology, isKafka).Write();

    private JsonObject Write()
    {
        foreach (var handler in topology.Running) Add(handler);
        return new JsonObject
        {
            ["asyncapi"] = "3.0.0",
            ["info"] = new JsonObject { ["title"] = topology.Application, ["version"] = topology.Version ?? "0.0.0" },
            ["defaultContentType"] = "application/json",
            ["channels"] = Sorted(channels),
            ["operations"] = Sorted(operations),
            ["components"] = new JsonObject { ["messages"] = Sorted(messages.All), ["schemas"] = topology.Schemas?.DeepClone() ?? new JsonObject() },
        };
    }

    private void Add(TopologyHandler handler)
    {
        var (settings, name) = (handler.Settings, handler.Name);
        var source = messages.Source(handler);
        Operation(name, "receive", settings.Topic, source, handler, About(handler));
        foreach (var (delay, topic) in settings.RetryTopics.Zip(handler.RetryTopics))
        {
            var after = Duration.Text(delay);
            Operation($"{name}.retry.{after}", "send", topic, source, handler, new JsonObject { ["delay"] = after });
            Operation($"{name}.retry.{after}.receive", "receive", topic, source, handler, new JsonObject { ["group"] = settings.Group, ["delay"] = after });
        }

        if (settings.DeadLetter is { } dead) Operation($"{name}.deadLetter", "send", dead, messages.DeadLetter(handler), handler, null);
        if (settings.PublishTo is { } output && handler.Published is not null) Operation($"{name}.publish", "send", output, messages.Published(handler), handler, new JsonObject { ["keyed"] = handler.Published.Keyed });
    }

    private void Operation(string name, string action, string topic, string message, TopologyHandler handler, JsonObject? about)
    {
        var channel = Channel(handler.Settings.Transport, topic);
        // Of the channel's own messages: what an operation names must be among them.
        ((JsonObject)channels[channel]["messages"]!)[message] = Reference($"#/components/messages/{message}");
        operations[ComponentName.Of(name)] = SettingsText.Compact(new JsonObject
        {
            ["action"] = action,
            ["channel"] = Reference($"#/channels/{channel}"),
            ["messages"] = new JsonArray(Reference($"#/channels/{channel}/messages/{message}")),
            ["bindings"] = isKafka && action == "receive" ? Kafka(new JsonObject { ["groupId"] = new JsonObject { ["type"] = "string", ["enum"] = new JsonArray(handler.Settings.Group) } }) : null,
            ["x-handlers"] = about,
        });
    }

    private string Channel(string transport, string topic)
    {
        var isDefault = transport == StreamHandlerAttribute.DefaultTransport;
        if (!keys.TryGetValue((transport, topic), out var key))
        {
            key = ComponentName.Of(isDefault ? topic : $"{transport}.{topic}");
            if (channels.ContainsKey(key)) key = $"{key}_{StableNumber.Of($"{transport} {topic}")}";
            keys.Add((transport, topic), key);
            var isPattern = TopicPattern.IsPattern(topic);
            var channel = new JsonObject { ["address"] = isPattern ? null : topic, ["messages"] = new JsonObject() };
            if (isPattern) channel["x-handlers-pattern"] = topic;
            if (!isDefault) channel["x-handlers-transport"] = transport;
            if (isKafka && !isPattern) channel["bindings"] = Kafka(new JsonObject { ["topic"] = topic });
            channels.Add(key, channel);
        }

        return key;
    }

    private static JsonObject About(TopologyHandler handler)
    {
        var about = SettingsText.Write(handler.Settings);
        foreach (var elsewhere in (string[])["topic", "publishTo", "transport"]) about.Remove(elsewhere);
        if (handler.Batch is null) foreach (var ofLists in (string[])["batchSize", "batchTime"]) about.Remove(ofLists);
        if (handler.Settings.Ordering == Ordering.Lane) about.Remove("concurrency");
        return about;
    }

    private static JsonObject Kafka(JsonObject binding)
    {
        binding["bindingVersion"] = BindingVersion;
        return new JsonObject { ["kafka"] = binding };
    }

    private static JsonObject Reference(string to) => new() { ["$ref"] = to };

    private static JsonObject Sorted(SortedDictionary<string, JsonObject> items) => new(items.Select(i => KeyValuePair.Create(i.Key, (JsonNode?)i.Value)));
}
