namespace Handlers;

/// <summary>
/// An adapter to one kind of broker. It hands out lanes and publishes; ordering, retry, dead letters, the watermark and
/// dispatch are not its business.
/// </summary>
public interface ITransport : IAsyncDisposable
{
    /// <summary>
    /// Joins a group for some topics. Checks here, before anything is read, that topics exist or can be made, and throws a
    /// <see cref="TransportException"/> that names what is missing and the closest name that there is.
    /// </summary>
    ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop);

    /// <summary>
    /// What kind of broker it is, as telemetry names it (<c>messaging.system</c>): a well-known name of OpenTelemetry's conventions where there
    /// is one (<c>kafka</c>). Always the same.
    /// </summary>
    string System => "_OTHER";

    /// <summary>Whether the lanes of a topic that <see cref="SubscribedTopic.IsTransactional"/> are <see cref="ITransactionalLane"/>. Always the same.</summary>
    bool HasTransactions => false;

    /// <summary>What the same conventions call a message's own position and key on spans; null: they have no names for this kind of broker. Always the same.</summary>
    MessageAttributes? MessageAttributes => null;

    /// <summary>
    /// Whether a topic that it is asked for may be a pattern (<see cref="TopicPattern"/>): it then hands out lanes of every topic that is
    /// matched, of topics that come later too. Where it may not, the core says so at the start. Always the same.
    /// </summary>
    bool HasPatterns => false;

    /// <summary>Reads topics without a group; null where that is not possible. One for the transport's life.</summary>
    ITopicReader? Reader => null;

    /// <summary>What it has counted since it was made; null: it counts nothing. Never less than before. Any thread.</summary>
    TransportCounts? Counts => null;

    /// <summary>Publishes to this broker. One for the transport's life; safe to use from many threads.</summary>
    IPublisher Publisher { get; }
}

/// <summary>What a transport counts, over all of its groups and topics.</summary>
/// <param name="Throttled">Calls that the broker refused for want of throughput.</param>
/// <param name="Replayed">Records that the broker handed out again, and that were dropped.</param>
public sealed record TransportCounts(long Throttled, long Replayed);

/// <summary>Names of attributes of spans.</summary>
/// <param name="Position">The position, where it is a plain number: <c>messaging.kafka.offset</c>.</param>
/// <param name="Key">The key: <c>messaging.kafka.message.key</c>. Recorded only where <c>Handlers:TraceKeys</c> is set.</param>
public sealed record MessageAttributes(string Position, string Key);

/// <summary>Publishes messages.</summary>
public interface IPublisher
{
    /// <summary>
    /// Publishes one message. Completes when the broker has acknowledged it as durable; throws a
    /// <see cref="TransportException"/> when it has not. Safe to call concurrently: calls in flight share round trips.
    /// </summary>
    ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default);

    /// <summary>
    /// Publishes messages in their order, per key. Completes when all are acknowledged; when it throws, some may have been
    /// published (a second attempt publishes those again).
    /// </summary>
    ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default);
}
