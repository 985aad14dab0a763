namespace Handlers.Kinesis;

/// <summary>How a worker comes by leases: takes free ones, asks for others', and waits until they are handed over. A part of <see cref="LeaseTable"/>.</summary>
/// <remarks>
/// A hand-over is the Kinesis Client Library's since its version 3 (<c>checkpointOwner</c>: initiateGracefulLeaseHandoff and assignLease in
/// DynamoDBLeaseRefresher.java of awslabs/amazon-kinesis-client at 024eb86e2163a3d211cacf21f44f5411b6c41c53). Who asks makes itself the owner and names the
/// former one as the one who hands over, and leaves the counter as it is. Ours and its version 3 are refused their next write for it, see the row, go on
/// writing under their name, and end with clearing it. Who asked reads only when the name is cleared; when the time for it is over it clears it itself and
/// raises the counter, which fences the former one, whatever that knows of hand-overs: version 2 knows nothing of them, renews on the counter alone, and is
/// cut off then without having finished.
/// </remarks>
internal sealed class LeaseTaker(
    LeaseTable table, ILeaseStore store, LeaseCalls calls, LeaseWatch watch, LeaseMatch match, LeaseTableOptions options, TimeProvider time, Func<int, int> below)
{
    private const int Tries = 3;

    private readonly Lock gate = new();
    private readonly Dictionary<string, long> awaited = new(StringComparer.Ordinal); // guarded by gate; asked for, and since when
    private readonly HashSet<string> taking = new(StringComparer.Ordinal);           // guarded by gate; a call is about to take it

    /// <summary>Shards whose leases are being handed over to this worker.</summary>
    public IReadOnlyList<string> Awaited
    {
        get
        {
            lock (gate) return [.. awaited.Keys];
        }
    }

    /// <summary>See <see cref="LeaseTable.TakeAsync"/>.</summary>
    public async Task RunAsync(CancellationToken stop)
    {
        if (!match.HasRun) throw new InvalidOperationException("Leases are taken after they were first matched with the shards.");
        var all = await store.ListAsync(stop);
        watch.See(all);
        Await(all);
        var byShard = all.ToDictionary(static l => l.Shard, StringComparer.Ordinal);
        var work = new List<LeaseSeen>();
        var mine = new List<Lease>();
        foreach (var lease in all)
        {
            if (!ShardRules.MayBeRead(lease, byShard, match.Awaited, match.Removed)) continue;
            var isMine = lease.Owner == options.Worker;
            if (isMine && lease.HandedOverBy is null && !table.Holds(lease.Shard)) mine.Add(lease);
            work.Add(new LeaseSeen(lease, !isMine && watch.IsFree(lease), !isMine && watch.IsFree(lease) && watch.IsLongFree(lease)));
        }

        // Owned by this worker and not held: of an earlier life of its name, or lost by the clock while nobody else took it.
        var taking = LeaseRules.Choose(work, options.Worker, below);
        await calls.EachAsync([.. mine, .. taking.Free], lease => TakeAsync(lease, byShard, stop));
        await calls.EachAsync([.. all.Where(IsLeftToGive)], lease => calls.TryWriteAsync(lease, lease with { HandedOverBy = null, Counter = lease.Counter + 1 }, stop).AsTask());
        if (taking.Steal is { } steal && !await HasUnseenParentAsync(steal, byShard, stop)) await AskAsync(steal, stop);
    }

    /// <summary>Takes a lease that is being handed over, if it is done or its time is over.</summary>
    public async Task ClaimAsync(string shard, CancellationToken stop)
    {
        var row = await calls.ReadAsync(shard, stop);
        if (row is null || row.Owner != options.Worker || row.Checkpoint.IsEnd)
        {
            lock (gate) awaited.Remove(shard);
            return;
        }

        watch.See(row);
        if (row.HandedOverBy is null || IsOverdue(shard) || watch.IsFree(row)) await AcquireAsync(row, stop);
    }

    /// <summary>See <see cref="LeaseTable.LeaveAsync"/>.</summary>
    public Task LeaveAsync(CancellationToken stop) => calls.EachAsync(Awaited, async shard =>
    {
        lock (gate) awaited.Remove(shard);
        for (var tries = 0; tries < Tries; tries++)
        {
            var row = await calls.ReadAsync(shard, stop);
            if (row is null || row.Owner != options.Worker || row.Checkpoint.IsEnd) return;
            if (await calls.TryWriteAsync(row, row with { Owner = row.HandedOverBy, HandedOverBy = null, Counter = row.Counter + 1 }, stop)) return;
        }
    });

    /// <summary>What is being handed over, as the table says: what another life of this worker asked for counts from now on.</summary>
    private void Await(IReadOnlyList<Lease> all)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            var gone = awaited.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var lease in all)
            {
                if (lease.Owner != options.Worker || lease.HandedOverBy is null || lease.Checkpoint.IsEnd) continue;
                gone.Remove(lease.Shard);
                awaited.TryAdd(lease.Shard, now);
            }

            foreach (var shard in gone) awaited.Remove(shard);
        }
    }

    /// <summary>Handed over by this worker, which does not hold it: of an earlier life, so there is nothing to finish.</summary>
    private bool IsLeftToGive(Lease lease) => lease.HandedOverBy == options.Worker && !lease.Checkpoint.IsEnd && !table.Holds(lease.Shard);

    private bool IsOverdue(string shard)
    {
        lock (gate) return awaited.TryGetValue(shard, out var since) && time.GetElapsedTime(since) >= options.HandOverPatience;
    }

    private async Task TakeAsync(Lease lease, Dictionary<string, Lease> all, CancellationToken stop)
    {
        if (!await HasUnseenParentAsync(lease, all, stop)) await AcquireAsync(lease, stop);
    }

    /// <summary>
    /// A list is not of one moment: it may hold a lease, but lack its parent's that was made before it. So such a parent is looked for by itself.
    /// </summary>
    private async ValueTask<bool> HasUnseenParentAsync(Lease lease, Dictionary<string, Lease> all, CancellationToken stop)
    {
        foreach (var parent in lease.Parents)
            if (!all.ContainsKey(parent) && await calls.ReadAsync(parent, stop) is { Checkpoint.IsEnd: false } && !match.Removed.Contains(parent)) return true;
        return false;
    }

    private async ValueTask AskAsync(Lease lease, CancellationToken stop)
    {
        var asked = lease with { Owner = options.Worker, HandedOverBy = lease.Owner, OwnerSwitches = lease.OwnerSwitches + 1 };
        if (!await calls.TryWriteAsync(lease, asked, stop)) return;
        lock (gate) awaited[lease.Shard] = time.GetTimestamp(); // after the write: the former owner's time began before
    }

    /// <summary>Takes a row as it was seen, or leaves it to whoever was faster.</summary>
    private async ValueTask AcquireAsync(Lease seen, CancellationToken stop)
    {
        var shard = seen.Shard;
        var assignment = Guid.NewGuid().ToString("N");
        lock (gate)
            if (table.Holds(shard) || !taking.Add(shard)) return;
        try
        {
            for (var tries = 0; tries < Tries; tries++)
            {
                var began = time.GetTimestamp();
                var next = seen with
                {
                    Owner = options.Worker,
                    HandedOverBy = null,
                    Counter = seen.Counter + 1,
                    Assignment = assignment,
                    OwnerSwitches = seen.OwnerSwitches + (seen.Owner is null || seen.Owner == options.Worker ? 0 : 1),
                };
                var isWritten = false;
                var isUnknown = false;
                try
                {
                    isWritten = await calls.TryWriteAsync(seen, next, stop);
                }
                catch (TransportException e) when (e.IsTransient)
                {
                    isUnknown = true;
                }

                if (isWritten)
                {
                    lock (gate) awaited.Remove(shard);
                    table.Hold(next, began);
                    return;
                }

                // If it was written all the same, it is done once more, so that its time is known. If not, whoever gives it away may have written.
                var row = await calls.ReadAsync(shard, stop);
                if (row is null) return;
                var isOurs = row.Owner == options.Worker && (row.HandedOverBy is null ? row.Counter == next.Counter && row.Assignment == assignment : IsOverdue(shard));
                var isAsSeen = isUnknown && row.Owner == seen.Owner && row.HandedOverBy == seen.HandedOverBy && row.Counter == seen.Counter;
                if (!isOurs && !isAsSeen) return;
                seen = row;
            }
        }
        finally
        {
            lock (gate) taking.Remove(shard);
        }
    }
}
