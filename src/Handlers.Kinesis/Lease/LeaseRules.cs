namespace Handlers.Kinesis;

/// <summary>Whose leases a worker takes. Pure.</summary>
/// <remarks>
/// The rules are those of the Kinesis Client Library (DynamoDBLeaseTaker.java of awslabs/amazon-kinesis-client at
/// 024eb86e2163a3d211cacf21f44f5411b6c41c53), so that its workers and ours come to rest beside each other: free ones up to this worker's
/// share; where none is free, one from whoever has most. It is taken only where the two then have more equal shares than before, so leases do not
/// wander between workers. Leases that cannot be read, as they are finished or wait for parents, are nobody's work and do not count; the
/// library counts them.
/// </remarks>
internal static class LeaseRules
{
    /// <summary>What to take now.</summary>
    /// <param name="work">Every lease that may be read.</param>
    /// <param name="worker">This worker. Its leases are those that it owns, those included that are still being handed over to it.</param>
    /// <param name="below">Chance: a number of 0 to below its argument. Workers that take at once shall not all want the same.</param>
    public static Taking Choose(IReadOnlyList<LeaseSeen> work, string worker, Func<int, int> below)
    {
        if (work.Count == 0) return Taking.Nothing;
        var loads = new SortedDictionary<string, int>(StringComparer.Ordinal) { [worker] = 0 };
        foreach (var (lease, isFree, _) in work)
            if (!isFree) loads[lease.Owner!] = loads.GetValueOrDefault(lease.Owner!) + 1;

        var share = (work.Count + loads.Count - 1) / loads.Count;
        var need = share - loads[worker];
        var free = work.Where(static l => l.IsFree).ToList();
        if (free.Count == 0) return Steal(work, loads, share, need, below);

        // Whoever's share the old ones are does not take them: better too many than unread.
        Shuffle(free, below);
        var old = free.Count(static l => l.IsLongFree);
        return new Taking([.. free.OrderByDescending(static l => l.IsLongFree).Take(Math.Max(need, old)).Select(static l => l.Lease)], null);
    }

    private static Taking Steal(IReadOnlyList<LeaseSeen> work, SortedDictionary<string, int> loads, int share, int need, Func<int, int> below)
    {
        var most = loads.Values.Max();
        if (!(most > share ? need > 0 : most == share && need > 1)) return Taking.Nothing;
        var richest = loads.Where(l => l.Value == most).Select(static l => l.Key).ToList();
        var from = richest[below(richest.Count)];
        var theirs = work.Where(l => l.Lease.Owner == from && l.Lease.HandedOverBy is null).ToList();
        return theirs.Count == 0 ? Taking.Nothing : new Taking([], theirs[below(theirs.Count)].Lease);
    }

    private static void Shuffle(List<LeaseSeen> leases, Func<int, int> below)
    {
        for (var i = leases.Count - 1; i > 0; i--)
        {
            var j = below(i + 1);
            (leases[i], leases[j]) = (leases[j], leases[i]);
        }
    }
}

/// <summary>A lease as a worker judges it.</summary>
/// <param name="Lease">The row.</param>
/// <param name="IsFree">It may be taken: see <see cref="LeaseWatch"/>.</param>
/// <param name="IsLongFree">It has been free for long.</param>
internal readonly record struct LeaseSeen(Lease Lease, bool IsFree, bool IsLongFree);

/// <summary>What a worker takes now.</summary>
/// <param name="Free">Leases that nobody holds.</param>
/// <param name="Steal">A lease that is to be handed over; null: none.</param>
internal readonly record struct Taking(IReadOnlyList<Lease> Free, Lease? Steal)
{
    public static Taking Nothing { get; } = new([], null);
}
