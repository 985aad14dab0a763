namespace Handlers.Kinesis;

/// <summary>Leases and shards brought together: makes what is missing, ends what retention removed, deletes what is done. A part of <see cref="LeaseTable"/>.</summary>
internal sealed class LeaseMatch(ILeaseStore store, LeaseCalls calls, LeaseWatch watch, LeaseTableOptions options, TimeProvider time)
{
    private static readonly IReadOnlySet<string> None = new HashSet<string>();
    private volatile bool hasRun;
    private volatile IReadOnlySet<string> awaited = None;
    private volatile IReadOnlySet<string> removed = None;

    /// <summary>Whether one has come to its end.</summary>
    public bool HasRun => hasRun;

    /// <summary>Shards whose leases could not be made yet.</summary>
    public IReadOnlySet<string> Awaited => awaited;

    /// <summary>Shards that retention removed before they were handled, as of the last match.</summary>
    public IReadOnlySet<string> Removed => removed;

    /// <summary>See <see cref="LeaseTable.MatchAsync"/>.</summary>
    public async ValueTask<LeaseMatched> RunAsync(Func<CancellationToken, ValueTask<IReadOnlyList<Shard>>> list, CancellationToken stop)
    {
        List<Lease> created = [];
        while (true)
        {
            // The leases first: one that is made after the shards were listed may be of a shard that the list is too old for.
            var leases = await store.ListAsync(stop);
            var read = time.GetTimestamp();
            var shards = await list(stop);
            if (await store.KnowAsync(shards, stop)) leases = await store.ListAsync(stop);
            watch.See(leases);

            var missing = ShardRules.Missing(shards, leases, options.Begin);
            awaited = missing.Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            if (!await CreateAsync(missing, created, read, stop)) continue;
            awaited = None;

            var gone = ShardRules.Removed(shards, leases);
            removed = gone.Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            var ended = await EndAsync(gone, new Lineage(shards, leases), stop);
            var deleted = new List<Lease>();
            foreach (var lease in ShardRules.Deletable(shards, leases))
                if (await calls.TryWriteAsync(lease, null, stop)) deleted.Add(lease);
            hasRun = true;
            return new LeaseMatched(shards, leases, created, ended, deleted);
        }
    }

    /// <summary>
    /// Parents first. False: it took so long that what is missing must be looked at again. A lease that another worker made, finished and deleted since
    /// the table was read would otherwise come back.
    /// </summary>
    private async ValueTask<bool> CreateAsync(IReadOnlyList<Lease> missing, List<Lease> created, long read, CancellationToken stop)
    {
        for (var i = 0; i < missing.Count; i++)
        {
            if (i > 0 && time.GetElapsedTime(read) > options.LeaseTime) return false;
            if (await calls.TryWriteAsync(null, missing[i], stop)) created.Add(missing[i]);
        }

        return true;
    }

    /// <summary>
    /// What nobody holds is ended, by one worker only, which tells of it. Who holds one learns of its end when it reads on, and ends it itself.
    /// </summary>
    private async ValueTask<List<Lease>> EndAsync(IReadOnlyList<Lease> gone, Lineage lineage, CancellationToken stop)
    {
        List<Lease> ended = [];
        foreach (var lease in gone)
        {
            if (!watch.IsFree(lease)) continue;
            var end = lease with
            {
                Checkpoint = LeaseCheckpoint.End,
                Children = [.. lineage.ChildrenOf(lease.Shard)],
                Owner = null,
                HandedOverBy = null,
                Counter = lease.Counter + 1,
            };
            if (await calls.TryWriteAsync(lease, end, stop)) ended.Add(lease);
        }

        return ended;
    }
}

/// <summary>What a match found and did.</summary>
/// <param name="Shards">What the stream lists.</param>
/// <param name="Leases">What there was before.</param>
/// <param name="Created">What this worker made.</param>
/// <param name="Removed">What this worker ended because retention had removed the shard before it was handled: its records are lost. As it was before.</param>
/// <param name="Deleted">What this worker deleted because it was done.</param>
internal sealed record LeaseMatched(
    IReadOnlyList<Shard> Shards, IReadOnlyList<Lease> Leases, IReadOnlyList<Lease> Created, IReadOnlyList<Lease> Removed, IReadOnlyList<Lease> Deleted);
