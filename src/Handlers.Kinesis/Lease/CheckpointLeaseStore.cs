namespace Handlers.Kinesis;

/// <summary>
/// Leases of one process over its checkpoint store: who holds what is in memory, how far it is handled is in the store, read when a lease is made
/// and written when its checkpoint changes.
/// </summary>
/// <remarks>
/// A checkpoint store finds by shard and need not list. So what an earlier life has handled is looked for when the stream's shards are known, before
/// any lease is made of them; a group that begins at the latest record would otherwise forget the shards that were closed in between.
/// A lease that is deleted leaves its checkpoint: the shard is finished, whenever that is asked.
/// </remarks>
/// <param name="checkpoints">Not owned: who made it disposes of it.</param>
/// <param name="group">The group.</param>
/// <param name="stream">The stream.</param>
internal sealed class CheckpointLeaseStore(ICheckpointStore checkpoints, string group, string stream) : ILeaseStore
{
    private readonly MemoryLeaseStore rows = new();
    private readonly Lock gate = new();
    private readonly HashSet<string> known = new(StringComparer.Ordinal);                // guarded by gate; looked for already
    private bool hasListed;                                                              // guarded by gate
    private readonly Dictionary<string, Turn> turns = new(StringComparer.Ordinal); // guarded by gate

    public ValueTask PrepareAsync(CancellationToken stop) => default;

    public ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop) => rows.ListAsync(stop);

    public ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop) => rows.ReadAsync(shard, stop);

    public async ValueTask<bool> KnowAsync(IReadOnlyList<Shard> listed, CancellationToken stop)
    {
        // Parents too, which the stream may not list any more: what is unhandled of them is lost, and must be told.
        var parents = listed.SelectMany(static s => s.Parents).Except(listed.Select(static s => s.Id)).Distinct().Select(static id => new Lease { Shard = id, Checkpoint = LeaseCheckpoint.Horizon });
        var found = false;
        foreach (var lease in listed.Select(static s => new Lease { Shard = s.Id, Checkpoint = LeaseCheckpoint.Horizon, Parents = s.Parents, Keys = s.Keys }).Concat(parents).ToList())
        {
            lock (gate)
                if (known.Contains(lease.Shard)) continue;
            if (await checkpoints.ReadAsync(Key(lease.Shard), stop) is { } kept)
                found |= rows.TryWrite(null, lease with { Checkpoint = Of(kept) });
            lock (gate) known.Add(lease.Shard);
        }

        return found | await KnowGoneAsync(stop);
    }

    /// <summary>Shards whose children are not listed any more either. Unfinished, they are read, found gone, and told as lost; and what is listed may have come of them.</summary>
    private async ValueTask<bool> KnowGoneAsync(CancellationToken stop)
    {
        lock (gate)
            if (hasListed) return false;
        var found = false;
        foreach (var shard in await checkpoints.ListAsync(group, stream, stop))
        {
            lock (gate)
                if (known.Contains(shard)) continue;
            if (await WhateverIsKeptAsync(shard, stop) is { IsFinished: false } kept) found |= rows.TryWrite(null, new Lease { Shard = shard, Checkpoint = Of(kept) });
            lock (gate) known.Add(shard);
        }

        lock (gate) hasListed = true;
        return found;
    }

    // Of a shard that is most likely gone, a damaged checkpoint is no reason to stop; that there was one says enough.
    private async ValueTask<ShardCheckpoint?> WhateverIsKeptAsync(string shard, CancellationToken stop)
    {
        try
        {
            return await checkpoints.ReadAsync(Key(shard), stop);
        }
        catch (TransportException e) when (!e.IsTransient)
        {
            return new ShardCheckpoint();
        }
    }

    public async ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop)
    {
        var shard = (seen ?? next)!.Shard;
        var turn = TurnOf(shard);
        await turn.TakeAsync(stop);
        try
        {
            var row = await rows.ReadAsync(shard, stop);
            if (seen is null && row is null && await checkpoints.ReadAsync(Key(shard), stop) is { } kept)
                return rows.TryWrite(null, next! with { Checkpoint = Of(kept) });
            if (!IsAs(row, seen)) return false;

            // First the store, then the row: when the store fails, the row says what is durable.
            if (next is not null && next.Checkpoint != seen?.Checkpoint) await checkpoints.WriteAsync(Key(shard), Of(next.Checkpoint), stop);
            return rows.TryWrite(seen, next);
        }
        finally
        {
            turn.End();
        }
    }

    public ValueTask DisposeAsync() => default;

    private static bool IsAs(Lease? row, Lease? seen) => seen is null
        ? row is null
        : row is not null && row.Owner == seen.Owner && row.Counter == seen.Counter && row.HandedOverBy == seen.HandedOverBy;

    internal static LeaseCheckpoint Of(ShardCheckpoint kept) => kept switch
    {
        { IsFinished: true } => LeaseCheckpoint.End,
        { Handled: { } handled } => LeaseCheckpoint.After(handled),
        { StartAt: { } start } => LeaseCheckpoint.At(start),
        _ => LeaseCheckpoint.Horizon,
    };

    private static ShardCheckpoint Of(LeaseCheckpoint checkpoint) => checkpoint.Kind switch
    {
        CheckpointKind.End => new() { IsFinished = true },
        CheckpointKind.After => new() { Handled = checkpoint.Handled },
        CheckpointKind.Horizon => new(),
        _ => new() { StartAt = checkpoint.Time ?? throw new ArgumentException($"A checkpoint at {checkpoint.Kind} needs its time.", nameof(checkpoint)) },
    };

    private ShardKey Key(string shard) => new(group, stream, shard);

    private Turn TurnOf(string shard)
    {
        lock (gate)
        {
            if (!turns.TryGetValue(shard, out var turn)) turns.Add(shard, turn = new Turn());
            return turn;
        }
    }
}
