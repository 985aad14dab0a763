namespace Handlers.Kinesis;

/// <summary>What came of what, as far as the listed shards and the leases tell together: either knows some that the other does not.</summary>
internal sealed class Lineage
{
    private readonly Dictionary<string, HashSet<string>> parents = new(StringComparer.Ordinal);
    private readonly Dictionary<string, HashSet<string>> children = new(StringComparer.Ordinal);

    public Lineage(IReadOnlyList<Shard> listed, IReadOnlyList<Lease> leases)
    {
        foreach (var shard in listed)
            foreach (var parent in shard.Parents) Add(parent, shard.Id);
        foreach (var lease in leases)
        {
            foreach (var parent in lease.Parents) Add(parent, lease.Shard);
            foreach (var child in lease.Children) Add(lease.Shard, child);
        }
    }

    public IReadOnlyCollection<string> ParentsOf(string shard) => parents.TryGetValue(shard, out var of) ? of : [];

    public IReadOnlyCollection<string> ChildrenOf(string shard) => children.TryGetValue(shard, out var of) ? of : [];

    /// <summary>Whether any shard that came of this one, at any remove, is one of these.</summary>
    public bool HasDescendant(string shard, Func<string, bool> isOne)
    {
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(ChildrenOf(shard));
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next)) continue;
            if (isOne(next)) return true;
            foreach (var child in ChildrenOf(next)) open.Push(child);
        }

        return false;
    }

    /// <summary>The nearest ancestors with a lease, on every line.</summary>
    public IReadOnlyList<Lease> NearestLeased(string shard, IReadOnlyDictionary<string, Lease> leases)
    {
        var nearest = new List<Lease>();
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<string>(ParentsOf(shard));
        while (open.TryPop(out var next))
        {
            if (!seen.Add(next)) continue;
            if (leases.TryGetValue(next, out var lease)) nearest.Add(lease);
            else foreach (var parent in ParentsOf(next)) open.Push(parent);
        }

        return nearest;
    }

    /// <summary>Parents before children, whatever the order of the list.</summary>
    public static IReadOnlyList<Shard> InOrder(IReadOnlyList<Shard> listed)
    {
        var byId = new Dictionary<string, Shard>(StringComparer.Ordinal);
        foreach (var shard in listed) byId[shard.Id] = shard;
        var ordered = new List<Shard>(listed.Count);
        var entered = new HashSet<string>(StringComparer.Ordinal);
        var placed = new HashSet<string>(StringComparer.Ordinal);
        var open = new Stack<Shard>();
        foreach (var start in listed)
        {
            open.Push(start);
            while (open.TryPeek(out var shard))
            {
                // Seen for the second time, all its ancestors are placed. No recursion: a long life of a stream is a long line.
                if (!entered.Add(shard.Id))
                {
                    open.Pop();
                    if (placed.Add(shard.Id)) ordered.Add(shard);
                    continue;
                }

                foreach (var parent in shard.Parents)
                    if (byId.TryGetValue(parent, out var listedParent) && !entered.Contains(parent)) open.Push(listedParent);
            }
        }

        return ordered;
    }

    private void Add(string parent, string child)
    {
        if (!parents.TryGetValue(child, out var of)) parents.Add(child, of = new(StringComparer.Ordinal));
        of.Add(parent);
        if (!children.TryGetValue(parent, out of)) children.Add(parent, of = new(StringComparer.Ordinal));
        of.Add(child);
    }
}
