using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>What an application handles, as its assemblies say it.</summary>
/// <param name="Application">The name that groups have which nobody named.</param>
/// <param name="Version">The application's version; null where it has none.</param>
/// <param name="HandlersVersion">The version of Handlers that it was built with.</param>
/// <param name="Brokers">Of <c>kafka</c>, <c>kinesis</c> and <c>embedded</c> those that its assemblies reference.</param>
/// <param name="Handlers">By name.</param>
internal sealed record Topology(string Application, string? Version, string HandlersVersion, IReadOnlyList<string> Brokers, IReadOnlyList<TopologyHandler> Handlers)
{
    /// <summary>JSON Schemas that payloads refer to, by name; null where nobody asked for them.</summary>
    public JsonObject? Schemas { get; init; }

    /// <summary>Those that run: nothing disables them, and they could be made.</summary>
    public IEnumerable<TopologyHandler> Running => Handlers.Where(h => h is { IsEnabled: true, Errors.Count: 0 });
}

/// <summary>One handler.</summary>
internal sealed record TopologyHandler
{
    public required string Name { get; init; }

    /// <summary>The method's documentation id.</summary>
    public required string Method { get; init; }

    /// <summary>The assembly that it is in.</summary>
    public required string Assembly { get; init; }

    /// <summary>The text of its attribute, as it stands: what nobody knows yet is in it.</summary>
    public required JsonObject Text { get; init; }

    /// <summary>What its attributes say, and the runtime's defaults.</summary>
    public required HandlerSettings Declared { get; init; }

    /// <summary>What counts: configuration applied, presets of failure resolved, the group named.</summary>
    public required HandlerSettings Settings { get; init; }

    /// <summary>False where configuration disables it.</summary>
    public bool IsEnabled { get; init; } = true;

    /// <summary>Whether somebody named the group; else it has the application's name.</summary>
    public bool HasOwnGroup => Declared.Group is not null || Settings.Group != Default;

    /// <summary>The group's name where nobody named one.</summary>
    public string? Default { get; init; }

    public string? MessageType { get; init; }

    public TypeSource TypeFrom { get; init; }

    /// <summary>The header or member with the type; null: the default one.</summary>
    public string? TypeName { get; init; }

    /// <summary><c>Payloads</c> or <c>Messages</c> where it takes lists; else null.</summary>
    public string? Batch { get; init; }

    public IReadOnlyList<string> Reads { get; init; } = [];

    /// <summary>Null where it has errors.</summary>
    public TopologyPayload? Payload { get; init; }

    /// <summary>What it publishes; null where nothing.</summary>
    public TopologyPayload? Published { get; init; }

    /// <summary>The diagnostics because of which it could not be made.</summary>
    public IReadOnlyList<string> Errors { get; init; } = [];

    /// <summary>The names of its retry topics, in their order.</summary>
    public IEnumerable<string> RetryTopics => Settings.RetryTopics.Select(delay => GroupTopic.RetryTopic(Settings.Topic, Settings.Group!, delay));
}

/// <summary>What a message carries.</summary>
/// <param name="Kind">How bytes become it: <c>Json</c>, <c>Text</c>, <c>Protobuf</c>, ...</param>
/// <param name="Type">As C# spells it.</param>
internal sealed record TopologyPayload(string Kind, string Type)
{
    public bool IsNullable { get; init; }

    /// <summary>Whether Confluent's frame is around it.</summary>
    public bool IsFramed { get; init; }

    /// <summary>The type as metadata spells it, with its assembly where it is another one's; null in texts without it.</summary>
    public string? Reference { get; init; }

    /// <summary>The same of the JSON context that knows it.</summary>
    public string? Context { get; init; }

    /// <summary>Of what is published: how the method returns it.</summary>
    public string? Shape { get; init; }

    /// <summary>Of what is published: <c>source</c> where it has the key of its source, <c>own</c> where it brings one.</summary>
    public string? Keyed { get; init; }

    /// <summary>Its JSON Schema, where that was asked for.</summary>
    public JsonNode? Schema { get; init; }

    /// <summary>The type without namespaces, for people.</summary>
    public string ShortType
    {
        get
        {
            var text = new System.Text.StringBuilder();
            var start = 0;
            for (var i = 0; i <= Type.Length; i++)
            {
                if (i < Type.Length && (char.IsLetterOrDigit(Type[i]) || Type[i] is '_' or '.' or '@')) continue;
                var name = Type[start..i];
                text.Append(name[(name.LastIndexOf('.') + 1)..]);
                if (i < Type.Length) text.Append(Type[i]);
                start = i + 1;
            }

            return (IsFramed ? $"Framed<{text}>" : text.ToString()) + (IsNullable ? "?" : "");
        }
    }
}
