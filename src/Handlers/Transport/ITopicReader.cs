namespace Handlers;

/// <summary>
/// Reads topics without joining a group: no position moves, no lane changes hands, nothing is made at the broker. What tools and people look
/// with. Safe to use from many threads.
/// </summary>
public interface ITopicReader
{
    /// <summary>The topics that there are and that may be seen.</summary>
    ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop);

    /// <summary>
    /// The lanes of a topic, as they are now. Throws a <see cref="TransportException"/> that names the closest topic where there is none of this
    /// name.
    /// </summary>
    ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop);

    /// <summary>
    /// Begins to read one lane. <see cref="StartFrom.Default"/> without a position is the earliest message; the next message to come
    /// (<see cref="StartPosition.Latest"/>) is the first that is published after this has completed. A position before the earliest message that is left begins at that
    /// one: what retention deleted is passed over, here and while it is read. Throws a <see cref="TransportException"/> where there is no such topic or lane, and one that
    /// <see cref="TransportException.IsRefused"/> for a position behind the lane's end, where the broker tells.
    /// </summary>
    ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop);

    /// <summary>
    /// Where a group stands in some topics: one for each lane, with or without a position. A group that nobody ever used has lanes without
    /// positions.
    /// </summary>
    ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop);
}

/// <summary>Reads one lane in its order. One reader at a time.</summary>
public interface ILaneReader : IAsyncDisposable
{
    /// <summary>
    /// Fills the batch, which is empty, with the next messages, in order, with all their parts and within its limits. Returns when there is at least one, or when the end is
    /// reached, and the batch is empty then; does not wait for messages to come. When <paramref name="stop"/> fires, throws <see cref="OperationCanceledException"/>, and
    /// nothing is passed over. Throws a <see cref="TransportException"/> when reading cannot go on.
    /// </summary>
    ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop);
}

/// <summary>What a read of a lane came to.</summary>
public enum LaneRead
{
    /// <summary>There are messages in the batch, or none just now and the end is not reached: read again.</summary>
    Messages,

    /// <summary>All that there was at this moment is read. Read again for what comes later.</summary>
    AtEnd,

    /// <summary>The lane is closed, and all of it is read: nothing will come.</summary>
    Ended,
}

/// <summary>One lane of a topic, as it is now.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition or shard.</param>
/// <param name="First">The first message's position; null: it is empty, or the broker does not tell.</param>
/// <param name="Last">The last message's position; null: it is empty, or the broker does not tell.</param>
/// <param name="Messages">How many messages there are at most (some positions may hold none); null: the broker does not tell.</param>
/// <param name="IsClosed">Whether nothing will be added to it any more.</param>
public sealed record LaneExtent(string Topic, string Partition, Position? First, Position? Last, long? Messages, bool IsClosed);

/// <summary>Where a group stands in one lane.</summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition or shard.</param>
/// <param name="Handled">The last handled position that is durable; null: none is.</param>
/// <param name="LagMessages">How many messages are behind it; null: the broker does not tell.</param>
/// <param name="LagTime">How old the first message behind it is; null: the broker does not tell.</param>
/// <param name="Owner">Who reads it now, as the broker names members; null: nobody, or the broker does not tell.</param>
public sealed record GroupPosition(string Group, string Topic, string Partition, Position? Handled, long? LagMessages, TimeSpan? LagTime, string? Owner);
