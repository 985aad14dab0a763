namespace Handlers.Kinesis;

/// <summary>
/// What is to be done about leases as shards are split, merged and removed by retention. Pure: the caller lists and writes.
/// </summary>
/// <remarks>
/// Two orders hold everywhere, and the rules rest on them. A lease is made before those of its descendants; a lease is deleted before those of
/// its descendants, and only when they are there. So a shard without a lease that has a descendant with one is not forgotten but done.
/// The idea is that of the Kinesis Client Library (HierarchicalShardSyncer.java and LeaseCleanupManager.java of awslabs/amazon-kinesis-client at
/// 024eb86e2163a3d211cacf21f44f5411b6c41c53), which makes the leases of one generation at a time; we make all at once, so that none depends
/// on a worker that reaches an end.
/// </remarks>
internal static class ShardRules
{
    /// <summary>The leases that are to be made, parents before children; each to be written only where there is none.</summary>
    /// <param name="listed">Every shard that the stream lists, in any order.</param>
    /// <param name="leases">Every lease, read after the shards were listed.</param>
    /// <param name="begin">
    /// Where the group begins: <see cref="LeaseCheckpoint.Horizon"/>, <see cref="LeaseCheckpoint.Latest"/> with the time of now, or a time.
    /// </param>
    public static IReadOnlyList<Lease> Missing(IReadOnlyList<Shard> listed, IReadOnlyList<Lease> leases, LeaseCheckpoint begin)
    {
        if (begin.Kind is not (CheckpointKind.Horizon or CheckpointKind.Latest or CheckpointKind.Time))
            throw new ArgumentException($"A group begins at the horizon, the latest record or a time, not at {begin.Kind}.", nameof(begin));

        var lineage = new Lineage(listed, leases);
        var made = leases.ToDictionary(static l => l.Shard, StringComparer.Ordinal); // with those that will be
        var missing = new List<Lease>();
        begin = AsSaid(begin, leases);

        // Where retention has removed a whole generation that never had leases, a line is broken, and a shard may descend from any that is gone.
        var ids = Ids(listed);
        var areSomeGone = leases.Any(l => !ids.Contains(l.Shard));
        foreach (var shard in Lineage.InOrder(listed))
        {
            if (made.ContainsKey(shard.Id) || lineage.HasDescendant(shard.Id, made.ContainsKey)) continue;
            var ancestors = lineage.NearestLeased(shard.Id, made);
            var mayDescend = areSomeGone && shard.Parents.Any(p => !ids.Contains(p) && !made.ContainsKey(p));
            if (ancestors.Count == 0 && !mayDescend && begin.Kind == CheckpointKind.Latest && shard.IsClosed) continue;
            var lease = New(shard, ancestors.Count > 0 ? Start(ancestors) : mayDescend && begin.Kind == CheckpointKind.Latest ? LeaseCheckpoint.Horizon : begin);
            made.Add(shard.Id, lease);
            missing.Add(lease);
        }

        return missing;
    }

    /// <summary>
    /// Whether a lease's shard may be read: it has not ended, and whatever it was made of is handled.
    /// </summary>
    /// <param name="lease">The lease.</param>
    /// <param name="leases">All leases, as new as can be.</param>
    /// <param name="awaited">Shards whose leases are still to be made (<see cref="Missing"/>): they block. Other parents without a lease do not: they are done, or removed, or were closed when the group began at the latest record.</param>
    /// <param name="removed">Shards that retention has removed (<see cref="Removed"/>): there is nothing to wait for.</param>
    public static bool MayBeRead(Lease lease, IReadOnlyDictionary<string, Lease> leases, IReadOnlySet<string> awaited, IReadOnlySet<string> removed)
    {
        if (lease.Checkpoint.IsEnd) return false;
        foreach (var parent in lease.Parents)
        {
            if (!leases.TryGetValue(parent, out var of))
            {
                if (awaited.Contains(parent)) return false;
            }
            else if (!of.Checkpoint.IsEnd && !removed.Contains(parent))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>
    /// Leases whose shard was closed and then removed by retention before it was handled to its end: its last records are gone. Only what others
    /// descend from counts as removed: an open shard is never removed, and a list that lacks it is wrong.
    /// </summary>
    /// <param name="listed">Every shard that the stream lists.</param>
    /// <param name="leases">Every lease, read before the shards were listed: one that is made later may be of a newer shard than the list.</param>
    public static IReadOnlyList<Lease> Removed(IReadOnlyList<Shard> listed, IReadOnlyList<Lease> leases)
    {
        if (listed.Count == 0) return []; // a stream that is being deleted, or an answer that is no answer
        var ids = Ids(listed);
        var lineage = new Lineage(listed, leases);
        return [.. leases.Where(l => !l.Checkpoint.IsEnd && !ids.Contains(l.Shard) && lineage.ChildrenOf(l.Shard).Count > 0)];
    }

    /// <summary>
    /// Leases that say the end of a shard that the stream lists as open, without any that came of it: they are of another stream of its name, or the list is older
    /// than they are.
    /// </summary>
    /// <param name="listed">Every shard that the stream lists.</param>
    /// <param name="leases">Leases, read before the shards were listed.</param>
    public static IReadOnlyList<Lease> EndedThoughOpen(IReadOnlyList<Shard> listed, IReadOnlyList<Lease> leases)
    {
        var parents = listed.SelectMany(static s => s.Parents).ToHashSet(StringComparer.Ordinal);
        var open = listed.Where(s => !s.IsClosed && !parents.Contains(s.Id)).Select(static s => s.Id).ToHashSet(StringComparer.Ordinal);
        return [.. leases.Where(l => l.Checkpoint.IsEnd && open.Contains(l.Shard))];
    }

    /// <summary>
    /// Leases that nobody needs any more: of shards that are handled to their end, and whose children have been begun, or that the stream does not
    /// list any more. Parents go before children.
    /// </summary>
    /// <param name="listed">Every shard that the stream lists.</param>
    /// <param name="leases">Every lease, read before the shards were listed.</param>
    public static IReadOnlyList<Lease> Deletable(IReadOnlyList<Shard> listed, IReadOnlyList<Lease> leases)
    {
        if (listed.Count == 0) return [];
        var ids = Ids(listed);
        var lineage = new Lineage(listed, leases);
        var byShard = leases.ToDictionary(static l => l.Shard, StringComparer.Ordinal);
        return [.. leases.Where(IsDeletable)];

        bool IsDeletable(Lease lease)
        {
            if (!lease.Checkpoint.IsEnd || lineage.ParentsOf(lease.Shard).Any(byShard.ContainsKey)) return false;
            var children = lineage.ChildrenOf(lease.Shard);
            return ids.Contains(lease.Shard)
                ? children.Count > 0 && children.All(c => byShard.TryGetValue(c, out var child) && HasBegun(child))
                : children.All(c => byShard.ContainsKey(c) || !ids.Contains(c)); // or a child without a lease would begin where the group begins
        }
    }

    private static bool HasBegun(Lease lease) => lease.Checkpoint.Kind is CheckpointKind.After or CheckpointKind.End;

    /// <summary>
    /// A descendant begins at its oldest record, or what came between the split and its discovery would be missing. Where nothing of its ancestors
    /// is handled because all of it is older than the time where the group begins, that time goes on to hold.
    /// </summary>
    private static LeaseCheckpoint Start(IReadOnlyList<Lease> ancestors) =>
        ancestors[0].Checkpoint is { Kind: CheckpointKind.Time } time && ancestors.All(a => a.Checkpoint == time) ? time : LeaseCheckpoint.Horizon;

    /// <summary>A group has one beginning: who goes on with a first start that was cut off begins where that one did.</summary>
    private static LeaseCheckpoint AsSaid(LeaseCheckpoint begin, IReadOnlyList<Lease> leases)
    {
        if (begin.Kind != CheckpointKind.Latest) return begin;
        var said = leases.Where(static l => l.Checkpoint.Kind == CheckpointKind.Latest).Min(static l => l.Checkpoint.Time);
        return said is null ? begin : LeaseCheckpoint.Latest(said);
    }

    private static HashSet<string> Ids(IReadOnlyList<Shard> listed) => listed.Select(static s => s.Id).ToHashSet(StringComparer.Ordinal);

    private static Lease New(Shard shard, LeaseCheckpoint checkpoint) =>
        new() { Shard = shard.Id, Checkpoint = checkpoint, Parents = shard.Parents, Keys = shard.Keys };
}
