namespace Handlers;

/// <summary>
/// One ordered part of a topic while this process owns it. One reader: <see cref="ReadAsync"/> is never called concurrently.
/// <see cref="Store"/> may be called while a read or a flush is under way.
/// </summary>
public interface ILane
{
    /// <summary>Topic, partition or shard, and the epoch of this assignment. Changes by <see cref="SeekAsync"/> only.</summary>
    LaneId Id { get; }

    /// <summary>How far it has been read and how much there is to come. Cheap: nothing is asked from the broker. Any thread.</summary>
    LaneState State { get; }

    /// <summary>
    /// Completes when the broker wants the lane back, and the owner is waited for until the deadline: finish, store, flush,
    /// release. It may hand out nothing more from then on. Completed asynchronously, never inline on a rebalance thread. Never faults.
    /// </summary>
    Task<Revocation> Revoked { get; }

    /// <summary>Fires when it belongs to someone else already: cancel, never store or flush, release.</summary>
    CancellationToken Lost { get; }

    /// <summary>
    /// Adds the next messages, in order and within the batch's limits of count and bytes (at least one, however large), to an
    /// empty batch. Completes synchronously while there are messages at hand; otherwise waits until there is one. The bytes
    /// are valid until the batch is cleared. False: the lane has ended and no more will come (it is empty then). When
    /// <paramref name="stop"/> fires, throws <see cref="OperationCanceledException"/> and nothing read is lost: the position
    /// of the lane moves only when messages were added. Throws a <see cref="TransportException"/> when reading cannot go on.
    /// </summary>
    ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop);

    /// <summary>
    /// The watermark: the last position whose message, with all before it, has a final outcome. What to commit from it is
    /// the transport's business. Cheap: memory only. Ignored after the lane was lost or released, and when not after
    /// what was stored before.
    /// </summary>
    void Store(Position handled);

    /// <summary>
    /// Goes to another position, backwards or forwards, and opens a new epoch. Nothing that was stored before counts after it.
    /// Durable when it completes. Not called while a read is under way. Throws a <see cref="TransportException"/> that
    /// <see cref="TransportException.IsRefused"/> where the lane has no such position, and then is where it was.
    /// </summary>
    ValueTask SeekAsync(StartPosition to, CancellationToken stop);

    /// <summary>
    /// Gives the lane back. The last call; idempotent. Nothing is made durable here but, with <see cref="LaneEnd.Finished"/>,
    /// the lane's end: what is to be committed is flushed before.
    /// </summary>
    ValueTask ReleaseAsync(LaneEnd end);
}

/// <summary>
/// A lane whose position becomes durable together with what the handling of its messages published: <c>Commit = Transaction</c>.
/// </summary>
/// <remarks>
/// One call instead of a transaction that the core would open, fill, and commit or abort: results are gathered until their messages have final
/// outcomes and are below the watermark, so nothing is ever in a transaction that must be taken out of it again, and one that a broker aborts
/// is simply tried again.
/// </remarks>
public interface ITransactionalLane : ILane
{
    /// <summary>
    /// Like <see cref="ILane.Store"/>, which is not called beside it, with what was published for the messages up to this position and
    /// behind the one stored before. The next <see cref="ISubscription.FlushAsync"/> makes both durable, or neither; a flush that fails
    /// leaves both stored. Of a lane that is another's by then, neither is written. Memory only.
    /// </summary>
    /// <param name="handled">The watermark.</param>
    /// <param name="outputs">In the order in which they are to be published. The lane's to keep.</param>
    void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs);
}

/// <summary>A lane's ends.</summary>
public enum LaneEnd
{
    /// <summary>Every message that it will ever have is handled and committed.</summary>
    Finished,

    /// <summary>The broker wanted it back, and it was handed over.</summary>
    Revoked,

    /// <summary>It had already been given to someone else.</summary>
    Lost,

    /// <summary>This process stops, or its handler does.</summary>
    Stopped,
}

/// <summary>The broker wants a lane back.</summary>
/// <param name="Deadline">Until then the transport waits for the release; afterwards the lane is lost.</param>
public readonly record struct Revocation(DateTimeOffset Deadline);

/// <summary>How far a lane has been read.</summary>
/// <param name="LastRead">The last position handed out; null before the first.</param>
/// <param name="LagMessages">Messages behind the lane's end that are not read yet; null where the broker does not tell.</param>
/// <param name="LagTime">
/// How far the last read message is behind the lane's end; of a lane that is behind and whose broker does not tell how old its end is (Kafka), how old that message is.
/// Null where neither is known.
/// </param>
public readonly record struct LaneState(Position? LastRead, long? LagMessages, TimeSpan? LagTime);
