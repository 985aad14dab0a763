namespace Handlers.Kinesis;

/// <summary>
/// Reads one shard in order, from a checkpoint to its end. One reader at a time; <see cref="State"/> by any thread.
/// A lane takes what is at hand, and fetches when there is nothing:
/// <c>while (!reader.TryTake(batch)) if (await reader.FetchAsync(limit, stop) is ShardRead.End) return false;</c>
/// </summary>
internal interface IShardReader : IAsyncDisposable
{
    /// <summary>The last position handed out, and how far behind the shard's end it is. From what is known here.</summary>
    LaneState State { get; }

    /// <summary>Records that came again at or before what had been handed out, and were dropped.</summary>
    long Replayed { get; }

    /// <summary>With <see cref="ShardRead.End"/>: the shards that came of it. Empty only where retention has removed it, with them.</summary>
    IReadOnlyList<Shard> Children { get; }

    /// <summary>
    /// Finds where it begins, so that what is published from then on is read. Called before a lane that begins at the latest is handed out; otherwise
    /// the first fetch does it. Either <see cref="ShardRead.Nothing"/> or <see cref="ShardRead.StartedOver"/>.
    /// </summary>
    ValueTask<ShardRead> OpenAsync(CancellationToken stop);

    /// <summary>Adds what was fetched and not handed out yet, as far as it fits. False: nothing is at hand.</summary>
    bool TryTake(MessageBatch into);

    /// <summary>
    /// Gets what comes next, at the service's pace. Called when <see cref="TryTake"/> said false. When <paramref name="stop"/> fires, throws
    /// <see cref="OperationCanceledException"/>, nothing is lost and it may be called again. Throws a <see cref="TransportException"/> when reading
    /// cannot go on.
    /// </summary>
    /// <param name="limit">The most records of this fetch, 1 to 10,000.</param>
    /// <param name="stop">Gives up.</param>
    ValueTask<ShardRead> FetchAsync(int limit, CancellationToken stop);
}

/// <summary>What came of a fetch.</summary>
internal enum ShardRead
{
    /// <summary>Nothing yet, which does not mean that there is nothing: fetch again.</summary>
    Nothing,

    /// <summary>Records: take them.</summary>
    Records,

    /// <summary>
    /// The service refused the position and it begins anew where the group does (<see cref="KinesisLostPosition.StartOver"/>): what was committed before counts
    /// for nothing. Fetch again.
    /// </summary>
    StartedOver,

    /// <summary>The shard is closed, and everything in it was taken.</summary>
    End,
}

/// <summary>What a reader is to read.</summary>
/// <param name="Stream">The stream.</param>
/// <param name="Shard">The shard.</param>
/// <param name="From">How far it is handled. Not its end.</param>
/// <param name="Parts">What handlers read beside the body.</param>
internal sealed record ShardToRead(string Stream, string Shard, LeaseCheckpoint From, MessageParts Parts)
{
    /// <summary>
    /// <see cref="From"/> was resolved by this process just now: with <see cref="CheckpointKind.Latest"/>, reading then begins at the end of the shard and not
    /// at the time that was said.
    /// </summary>
    public bool IsNew { get; init; }

    /// <summary>Where the group begins, for a position that the service refuses. Default: at the oldest record.</summary>
    public LeaseCheckpoint Start { get; init; } = LeaseCheckpoint.Horizon;
}
