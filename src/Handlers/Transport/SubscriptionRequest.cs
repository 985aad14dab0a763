namespace Handlers;

/// <summary>What a process wants to read in one group.</summary>
public sealed class SubscriptionRequest
{
    private TopicNames? names;

    /// <summary>The group: consumer group, application name, cursor name.</summary>
    public required string Group { get; init; }

    /// <summary>The topics, each once. At least one. A pattern of topics (<see cref="TopicPattern"/>) only where <see cref="ITransport.HasPatterns"/>.</summary>
    public required IReadOnlyList<SubscribedTopic> Topics { get; init; }

    /// <summary>
    /// How long a lane may take to finish when the broker wants it back. A transport gives no more than its broker allows.
    /// </summary>
    public required TimeSpan RevokeBudget { get; init; }

    /// <summary>Which of <see cref="Topics"/> stands for a topic at the broker; null where none does.</summary>
    /// <exception cref="TransportException">Several patterns do.</exception>
    public SubscribedTopic? Find(string topic) =>
        (names ??= new TopicNames(Topics.Select(static t => t.Topic))).Of(topic) is { } name ? Topics.First(t => t.Topic == name) : null;
}

/// <summary>One topic of a subscription.</summary>
/// <param name="Topic">Its name at the broker, or a pattern of names.</param>
/// <param name="Start">
/// Where a lane begins that has no committed position. Of a pattern: where the group begins, while it has no position in any of the topics that
/// are matched; a topic that is matched later begins at its earliest message.
/// </param>
/// <param name="Reads">What handlers of this topic read beside the body; the rest need not be marshalled.</param>
public sealed record SubscribedTopic(string Topic, StartPosition Start, MessageParts Reads)
{
    /// <summary>Whether positions become durable together with what is published. Only asked of a transport that <see cref="ITransport.HasTransactions"/>.</summary>
    public bool IsTransactional { get; init; }
}

/// <summary>Where to begin or to rewind to.</summary>
/// <param name="From">Earliest, latest, a time, or what the transport does by default.</param>
/// <param name="Time">With <see cref="StartFrom.Time"/>: the first message at or after it.</param>
/// <param name="After">A position: begin at the message after it. Set, it goes before the others.</param>
public readonly record struct StartPosition(StartFrom From, DateTimeOffset Time = default, Position? After = null)
{
    /// <summary>The earliest message.</summary>
    public static StartPosition Earliest => new(StartFrom.Earliest);

    /// <summary>The next message to come.</summary>
    public static StartPosition Latest => new(StartFrom.Latest);

    /// <summary>The first message at or after a time.</summary>
    public static StartPosition At(DateTimeOffset time) => new(StartFrom.Time, time);

    /// <summary>The message after a position.</summary>
    public static StartPosition Behind(Position position) => new(StartFrom.Default, default, position);

    /// <summary>The message at a position.</summary>
    public static StartPosition Including(Position position) =>
        Behind(position.Sequence is { } sequence ? new Position(sequence, position.Number - 1) : new Position(position.Number - 1));
}
