namespace Handlers.Kinesis;

/// <summary>Keeps how far the shards are handled, for one process that reads all of them or one: on disk, or wherever an application wants it.</summary>
/// <remarks>
/// Not called concurrently for one shard. What several processes share has leases in DynamoDB instead
/// (<see cref="KinesisOptions.Leases"/>), which tell who may write.
/// </remarks>
public interface ICheckpointStore : IAsyncDisposable
{
    /// <summary>
    /// What was written last for a shard; null: nothing was. Throws a <see cref="TransportException"/> where that cannot be known, such as a damaged
    /// file: never null, or the shard would begin anew.
    /// </summary>
    ValueTask<ShardCheckpoint?> ReadAsync(ShardKey shard, CancellationToken stop);

    /// <summary>
    /// The same for somebody who only looks, while another process may read and write: takes no lock, and makes nothing. Default: <see cref="ReadAsync"/>.
    /// </summary>
    ValueTask<ShardCheckpoint?> PeekAsync(ShardKey shard, CancellationToken stop) => ReadAsync(shard, stop);

    /// <summary>
    /// The shards of a stream of which something is kept, for a store that can tell: whether a group that was down for long has read some that the stream does not list any
    /// more, and its others must not begin at the latest record. Default: none.
    /// </summary>
    ValueTask<IReadOnlyList<string>> ListAsync(string group, string stream, CancellationToken stop) => new([]);

    /// <summary>Durable when it completes. Throws a <see cref="TransportException"/> when it is not known to be.</summary>
    ValueTask WriteAsync(ShardKey shard, ShardCheckpoint checkpoint, CancellationToken stop);
}

/// <summary>A shard, as one group reads it.</summary>
/// <param name="Group">The group.</param>
/// <param name="Stream">The stream.</param>
/// <param name="Shard">The shard's id.</param>
public readonly record struct ShardKey(string Group, string Stream, string Shard);

/// <summary>How far a shard is handled.</summary>
/// <remarks>Exactly one of the three says it: a position, its end, or neither, which is where it begins.</remarks>
public sealed record ShardCheckpoint
{
    /// <summary>The last handled record: sequence number, and its number within an aggregate; null: none is handled yet.</summary>
    public Position? Handled { get; init; }

    /// <summary>The shard is handled to its end.</summary>
    public bool IsFinished { get; init; }

    /// <summary>Where it begins, while none is handled: at this time; null: at the oldest record.</summary>
    public DateTimeOffset? StartAt { get; init; }
}
