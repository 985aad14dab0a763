using System.Collections.Concurrent;

namespace Handlers.Kinesis;

/// <summary>Leases and shards brought together: makes what is missing, ends what retention removed, deletes what is done. A part of <see cref="LeaseTable"/>.</summary>
internal sealed class LeaseMatch(ILeaseStore store, LeaseCalls calls, LeaseWatch watch, LeaseTableOptions options, TimeProvider time)
{
    private static readonly IReadOnlySet<string> None = new HashSet<string>();
    private readonly Turn turn = new();
    private volatile LeaseMatched? last;
    private long asked;
    private long answered; // in the turn: every call that was made until then has its answer in the last
    private volatile IReadOnlySet<string> awaited = None;
    private volatile IReadOnlySet<string> removed = None;

    /// <summary>Whether one has come to its end.</summary>
    public bool HasRun => last is not null;

    /// <summary>Shards whose leases could not be made yet.</summary>
    public IReadOnlySet<string> Awaited => awaited;

    /// <summary>Shards that retention removed before they were handled, as of the last match.</summary>
    public IReadOnlySet<string> Removed => removed;

    /// <summary>See <see cref="LeaseTable.MatchAsync"/>.</summary>
    public async ValueTask<LeaseMatched> RunAsync(Func<CancellationToken, ValueTask<IReadOnlyList<Shard>>> list, CancellationToken stop)
    {
        // Where many shards end at once, one list serves all that wait for one.
        var mine = Interlocked.Increment(ref asked);
        await turn.TakeAsync(stop);
        try
        {
            if (last is { } fresh && answered >= mine) return fresh with { Created = [], Removed = [], Deleted = [] };
            var answers = Interlocked.Read(ref asked);
            var matched = await MatchAsync(list, stop);
            (last, answered) = (matched, answers);
            return matched;
        }
        finally
        {
            turn.End();
        }
    }

    private async ValueTask<LeaseMatched> MatchAsync(Func<CancellationToken, ValueTask<IReadOnlyList<Shard>>> list, CancellationToken stop)
    {
        List<Lease> created = [];
        for (var rounds = 0; ; rounds++)
        {
            // Leases, shards, and leases again. What is judged by not being listed was there before the list; what has no lease has none after it.
            var leases = await store.ListAsync(stop);
            watch.See(leases);
            var shards = await list(stop);
            if (await store.KnowAsync(shards, stop)) leases = await store.ListAsync(stop);
            var read = time.GetTimestamp();
            var missing = ShardRules.Missing(shards, leases, options.Begin);
            if (missing.Count > 0) missing = ShardRules.Missing(shards, await store.ListAsync(stop), options.Begin);
            awaited = missing.Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            var before = created.Count;
            if (!await CreateAsync(missing, created, read, stop))
            {
                if (created.Count > before) rounds = 0;
                if (rounds < 3) continue;
                throw new TransportException($"The shards cannot be listed and their leases made within the lease time of {options.LeaseTime.TotalSeconds:0.#} s. Raise Leases:LeaseTime.") { IsTransient = true };
            }

            awaited = None;

            var gone = ShardRules.Removed(shards, leases);
            removed = gone.Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            var ended = await EndAsync(gone, new Lineage(shards, leases), stop);
            var deleted = new List<Lease>();

            // Not at once: a write that was sent to make it, and is still on its way, would make it again.
            foreach (var lease in ShardRules.Deletable(shards, leases))
                if (watch.IsLongFree(lease) && await calls.TryWriteAsync(lease, null, stop)) deleted.Add(lease);
            return new LeaseMatched(shards, leases, created, ended, deleted);
        }
    }

    /// <summary>
    /// Parents first. True: all are there, with those that this worker made. False: it took so long that what is missing must be looked at again.
    /// A lease that another worker made, finished and deleted since the table was read would otherwise come back.
    /// </summary>
    private async ValueTask<bool> CreateAsync(IReadOnlyList<Lease> missing, List<Lease> created, long read, CancellationToken stop)
    {
        for (var begin = 0; begin < missing.Count;)
        {
            var generation = Generation(missing, begin);
            var late = 0;
            var made = new ConcurrentQueue<Lease>();
            await calls.EachAsync(generation, async lease =>
            {
                if (time.GetElapsedTime(read) > options.LeaseTime) Volatile.Write(ref late, 1);
                else if (await calls.TryWriteAsync(null, lease, stop)) made.Enqueue(lease);
            });
            created.AddRange(made);
            if (late != 0) return false;
            begin += generation.Count;
        }

        return true;
    }

    /// <summary>Those from there on of which none descends from another.</summary>
    private static List<Lease> Generation(IReadOnlyList<Lease> missing, int begin)
    {
        var shards = new HashSet<string>(StringComparer.Ordinal);
        List<Lease> generation = [];
        for (var i = begin; i < missing.Count && !missing[i].Parents.Any(shards.Contains); i++)
        {
            shards.Add(missing[i].Shard);
            generation.Add(missing[i]);
        }

        return generation;
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
