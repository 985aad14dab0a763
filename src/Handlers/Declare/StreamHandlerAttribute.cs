namespace Handlers;

/// <summary>
/// Marks a method that handles the messages of one topic. The generator finds it at build time, checks it, and emits
/// its registration; <c>AddStreamHandlers()</c> wires it.
/// </summary>
/// <remarks>
/// The method takes the payload and, in any order, what else it asks for: <see cref="MessageContext"/>,
/// <see cref="FromKeyAttribute"/>, <see cref="FromHeaderAttribute"/>, <see cref="FromServicesAttribute"/> parameters and
/// a <see cref="CancellationToken"/>. It returns <c>void</c>, <c>Task</c> or <c>ValueTask</c>, or a value to publish
/// (<see cref="PublishToAttribute"/>). Whatever is no part of the method's own meaning (its name, preset and message type) can be overridden at deployment
/// by configuration, under <c>Handlers:{Name}:{Property}</c>.
/// </remarks>
/// <param name="topic">
/// The topic: a Kafka topic, a Kinesis stream, an embedded topic. Not empty. On Kafka it may be a pattern of topics, which begins with <c>^</c>
/// (<see cref="TopicPattern"/>): <c>^orders\..*</c>.
/// </param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class StreamHandlerAttribute(string topic) : Attribute
{
    /// <summary>The name of the transport that handlers use unless they say otherwise.</summary>
    public const string DefaultTransport = "default";

    /// <summary>The topic, as declared. <c>Handlers:Topics:{topic}</c> maps it to another name per environment.</summary>
    public string Topic { get; } = topic;

    /// <summary>
    /// The group whose position is committed. Default: the application's name (never the method's, so that a rename
    /// does not lose the position).
    /// </summary>
    public string? Group { get; init; }

    /// <summary>The name in configuration, logs and metrics. Default: <c>Class.Method</c>. Unique in the process.</summary>
    public string? Name { get; init; }

    /// <summary>Which of several configured transports. Default: the one called <c>default</c>.</summary>
    public string? Transport { get; init; }

    /// <summary>A named set of defaults for ordering, commit and failure.</summary>
    public Preset Preset { get; init; }

    /// <summary>
    /// The most messages that are handled at the same time, over all lanes of the handler in this process, with
    /// <see cref="Ordering.Key"/> and <see cref="Ordering.None"/>. Default 16. With <see cref="Ordering.Lane"/> it has no meaning: each lane
    /// handles one at a time, and lanes run beside each other.
    /// </summary>
    public int Concurrency { get; init; }

    /// <summary>Which messages may be handled at the same time. Belongs to (topic, group).</summary>
    public Ordering Ordering { get; init; }

    /// <summary>When the position becomes durable. Belongs to (topic, group).</summary>
    public Commit Commit { get; init; }

    /// <summary>What becomes of a message that cannot be unpacked.</summary>
    public InvalidMessage OnInvalid { get; init; }

    /// <summary>What becomes of a message whose handler failed.</summary>
    public FailedHandler OnFailure { get; init; }

    /// <summary>Where a lane begins that has no committed position. It is resolved once and made durable.</summary>
    public StartFrom Start { get; init; }

    /// <summary>
    /// With <see cref="StartFrom.Time"/>: the moment, in ISO 8601 (<c>2026-01-31T00:00:00Z</c>). Without a zone it is UTC.
    /// </summary>
    public string? StartAt { get; init; }

    /// <summary>
    /// The longest that one call may take, in seconds. When it has passed, the handler's token fires and the message has
    /// failed with a <see cref="TimeoutException"/>. Default 0: no limit.
    /// </summary>
    public double TimeLimitSeconds { get; init; }

    /// <summary>
    /// The type of message that the handler takes, where several handlers share a topic and a group: <c>order.created</c>. Read from
    /// where <see cref="TypeFrom"/> says. Left out where the payload is listed with a text discriminator in a
    /// <c>[JsonDerivedType]</c> and <see cref="TypeFrom"/> is <see cref="TypeSource.Json"/>: then it is that one.
    /// </summary>
    public string? MessageType { get; init; }

    /// <summary>Where a message says of which type it is. Belongs to (topic, group). Default: a header.</summary>
    public TypeSource TypeFrom { get; init; }

    /// <summary>The header or JSON member with the type. Belongs to (topic, group). Default: <c>type</c> for a header, <c>$type</c> for JSON.</summary>
    public string? TypeName { get; init; }

    /// <summary>What becomes of a message whose type no handler takes. Belongs to (topic, group).</summary>
    public UnmatchedType OnUnmatched { get; init; }
}
