namespace Handlers.Kinesis.Tests;

/// <summary>
/// A stream and the leases of a group, driven by bytes, each a thing that happens: splits, merges, retention, matches that are cut off or use what they
/// read long ago, ends that are cut off. Holds the rules to what must be true at every moment.
/// </summary>
internal sealed class ReshardModel
{
    private readonly StreamModel stream = new();
    private readonly HashSet<string> removed = [];      // by retention
    private readonly HashSet<string> everLeased = [];
    private readonly HashSet<string> owed = [];         // a match has found it to be the group's
    private readonly List<ModelShard> closed = [];      // in the order of closing, which is that of retention
    private readonly Dictionary<string, Lease> leases = [];
    private readonly IEnumerator<byte> bytes;
    private readonly LeaseCheckpoint begin;
    private IReadOnlySet<string> awaitedThen = new HashSet<string>();
    private IReadOnlySet<string> removedThen = new HashSet<string>();
    private IReadOnlyList<Lease>? oldBefore; // what a slow worker has read: the leases,
    private IReadOnlyList<Shard>? oldListed; // then the shards,
    private IReadOnlyList<Lease>? oldAfter;  // then the leases again
    private bool hasMatched;

    public ReshardModel(LeaseCheckpoint begin, int shards, IEnumerable<byte> script)
    {
        this.begin = begin;
        bytes = script.GetEnumerator();
        for (; shards > 0; shards--) stream.Add();
    }

    public string? Wrong { get; private set; }

    /// <summary>What happened, for a failure.</summary>
    public List<string> Told { get; } = [];

    public string? Run()
    {
        while (bytes.MoveNext() && Wrong is null) Act(bytes.Current % 16);
        if (Wrong is null) ComeToAnEnd();
        return Wrong;
    }

    private void Act(int what)
    {
        switch (what)
        {
            case 0 or 1: Split(); break;
            case 2: Merge(); break;
            case 3: Expire(); break;
            case 4 or 5: Match(Leases(), Listed(), Leases(), int.MaxValue); break;
            case 6: Match(Leases(), Listed(), Leases(), Next(4)); break; // cut off
            case 7: (oldBefore, oldListed, oldAfter) = (Leases(), null, null); break;
            case 8 or 9 when oldBefore is null: break;
            case 8 or 9 when oldListed is null: oldListed = Listed(); break;
            case 8 or 9 when oldAfter is null: oldAfter = Leases(); break;
            case 8 or 9: Match(oldBefore!, oldListed!, oldAfter!, int.MaxValue); break;
            case 10 or 11: Handle(); break;
            case 12 or 13 or 14: Finish(int.MaxValue); break;
            default: Finish(Next(2)); break; // cut off
        }
    }

    /// <summary>
    /// Until a first start at the latest record has come to its end, nothing orders two workers that start while shards are split. A split takes longer than
    /// the lease time, after which a worker reads anew; and a group that has not begun loses nothing by it.
    /// </summary>
    private void Reshard()
    {
        if (begin.Kind == CheckpointKind.Latest && stream.Open.Any(s => !everLeased.Contains(s.Id) && !Ancestors(s).Any(a => everLeased.Contains(a.Id)))) oldBefore = null;
    }

    private void Split()
    {
        Reshard();
        var open = stream.Open.ToList();
        if (open.Count > 6) return;
        var shard = open[Next(open.Count)];
        Told.Add($"{shard} is split");
        stream.Split(shard);
        closed.Add(shard);
    }

    private void Merge()
    {
        Reshard();
        var open = stream.Open.ToList();
        if (open.Count < 2) return;
        var first = Next(open.Count);
        var second = (first + 1 + Next(open.Count - 1)) % open.Count;
        Told.Add($"{open[first]} and {open[second]} are merged");
        stream.Add(open[first], open[second]);
        closed.AddRange([open[first], open[second]]);
    }

    private void Expire()
    {
        if (closed.FirstOrDefault(s => !removed.Contains(s.Id)) is not { } oldest) return;
        Told.Add($"{oldest} is removed");
        removed.Add(oldest.Id);
        oldBefore = null; // a day has passed
    }

    private bool Match(IReadOnlyList<Lease> read, IReadOnlyList<Shard> listed, IReadOnlyList<Lease> readAgain, int most)
    {
        var missing = ShardRules.Missing(listed, readAgain, begin);
        Told.Add($"match of leases {string.Join(',', read.Select(static l => l.Shard[^2..]))} with shards {string.Join(',', listed.Select(static s => s.Id[^2..]))}");
        awaitedThen = missing.Select(static l => l.Shard).ToHashSet();
        foreach (var lease in missing)
        {
            if (most-- == 0) return false;
            Create(lease);
        }

        // At the latest record: what is open at the first start that is not cut off, which has leases then, and whatever comes of it.
        foreach (var shard in listed.Select(s => stream.Of(s.Id)))
            if (begin.Kind != CheckpointKind.Latest || !shard.IsClosed || everLeased.Contains(shard.Id) || Ancestors(shard).Any(a => everLeased.Contains(a.Id))) owed.Add(shard.Id);
        awaitedThen = new HashSet<string>();
        var gone = ShardRules.Removed(listed, read);
        removedThen = gone.Select(static l => l.Shard).ToHashSet();
        foreach (var lease in gone)
        {
            if (!removed.Contains(lease.Shard)) Say($"{lease.Shard} is said to be removed, and is not");
            if (IsAs(lease)) leases[lease.Shard] = lease with { Checkpoint = LeaseCheckpoint.End, Counter = lease.Counter + 1 };
        }

        foreach (var lease in ShardRules.Deletable(listed, read))
        {
            if (!IsAs(lease)) continue;
            Told.Add($"lease of {lease.Shard} is deleted");
            leases.Remove(lease.Shard);
            oldBefore = null; // what was read before something was deleted is too old to make leases by: LeaseMatch sees to that by its clock
        }

        hasMatched = true;
        foreach (var shard in stream.Shards.Where(s => owed.Contains(s.Id) && !s.IsEnded && !removed.Contains(s.Id)))
            if (!leases.ContainsKey(shard.Id) && listed.Any(l => l.Id == shard.Id)) Say($"{shard} has no lease after a match");
        return true;
    }

    private void Create(Lease lease)
    {
        if (leases.ContainsKey(lease.Shard)) return;
        var shard = stream.Of(lease.Shard);
        if (shard.IsEnded) Say($"the lease of {shard} comes back after its end");
        if (lease.Checkpoint != LeaseCheckpoint.Horizon && Ancestors(shard).Any(a => everLeased.Contains(a.Id)) && !(begin.Kind == CheckpointKind.Time && lease.Checkpoint == begin))
            Say($"{shard} is a descendant, and begins at {lease.Checkpoint}");
        if (!lease.Parents.Order().SequenceEqual(shard.Parents.Select(static p => p.Id).Order())) Say($"{shard} has other parents");
        Told.Add($"lease of {lease.Shard} at {lease.Checkpoint}");
        leases.Add(lease.Shard, lease);
        everLeased.Add(lease.Shard);
    }

    /// <summary>A record of a lease that may be read is handled.</summary>
    private void Handle()
    {
        if (Readable() is { } lease) leases[lease.Shard] = lease with { Checkpoint = ModelShard.At(1), Counter = lease.Counter + 1 };
    }

    /// <summary>A shard is handled to its end: what is missing is made, then its end is written.</summary>
    private void Finish(int most)
    {
        if (Readable() is not { } lease || stream.Of(lease.Shard) is not { IsClosed: true } shard || !Match(Leases(), Listed(), Leases(), most)) return;
        End(shard);
    }

    private void End(ModelShard shard)
    {
        if (!leases.TryGetValue(shard.Id, out var lease) || lease.Checkpoint.IsEnd) return; // removed by retention meanwhile
        if (shard.Children.FirstOrDefault(c => !everLeased.Contains(c.Id)) is { } child && !removed.Contains(child.Id)) Say($"{shard} ends before the lease of {child} is made");
        Told.Add($"{shard} is handled");
        shard.IsEnded = true;
        leases[shard.Id] = lease with { Checkpoint = LeaseCheckpoint.End, Children = [.. shard.Children.Select(static c => c.Id)], Counter = lease.Counter + 1 };
    }

    private Lease? Readable()
    {
        if (!hasMatched) return null;
        var readable = leases.Values.Where(MayBeRead).ToList();
        return readable.Count == 0 ? null : readable[Next(readable.Count)];
    }

    private bool MayBeRead(Lease lease)
    {
        if (!ShardRules.MayBeRead(lease, leases, awaitedThen, removedThen)) return false;
        foreach (var ancestor in Ancestors(stream.Of(lease.Shard)))
            if (leases.TryGetValue(ancestor.Id, out var of) && !of.Checkpoint.IsEnd && !removed.Contains(ancestor.Id)) Say($"{lease.Shard} may be read before its ancestor {ancestor} has ended");
            else if (owed.Contains(ancestor.Id) && !ancestor.IsEnded && !removed.Contains(ancestor.Id)) Say($"{lease.Shard} may be read, and its ancestor {ancestor} is forgotten");
        return true;
    }

    private void ComeToAnEnd()
    {
        Match(Leases(), Listed(), Leases(), int.MaxValue);
        for (var rounds = stream.Shards.Count * 4; rounds > 0; rounds--)
        {
            foreach (var lease in leases.Values.Where(MayBeRead).ToList())
            {
                var shard = stream.Of(lease.Shard);
                Match(Leases(), Listed(), Leases(), int.MaxValue);
                if (shard.IsClosed) End(shard);
                else leases[lease.Shard] = lease with { Checkpoint = ModelShard.At(1), Counter = lease.Counter + 1 };
            }

            Match(Leases(), Listed(), Leases(), int.MaxValue);
        }

        foreach (var shard in stream.Shards.Where(s => owed.Contains(s.Id) && s.IsClosed && !s.IsEnded && !removed.Contains(s.Id))) Say($"{shard} was never read to its end");
        foreach (var shard in stream.Open.Where(s => !leases.TryGetValue(s.Id, out var of) || of.Checkpoint.Kind != CheckpointKind.After)) Say($"{shard} is open, and not read");
        foreach (var lease in leases.Values.Where(static l => l.Checkpoint.IsEnd)) Say($"the lease of {lease.Shard} is never deleted");
    }

    private static HashSet<ModelShard> Ancestors(ModelShard shard)
    {
        var found = new HashSet<ModelShard>();
        var open = new Stack<ModelShard>(shard.Parents);
        while (open.TryPop(out var next))
            if (found.Add(next))
                foreach (var parent in next.Parents) open.Push(parent);
        return found;
    }

    /// <summary>In an order that the script says.</summary>
    private List<Shard> Listed()
    {
        var listed = StreamModel.AsListed(stream.Shards.Where(s => !removed.Contains(s.Id))).ToList();
        switch (Next(3))
        {
            case 0: listed.Reverse(); break;
            case 1: listed = [.. listed.OrderBy(static s => s.Id[^1]).ThenBy(static s => s.Id)]; break;
        }

        return listed;
    }

    private IReadOnlyList<Lease> Leases() => [.. leases.Values];

    private bool IsAs(Lease seen) => leases.TryGetValue(seen.Shard, out var row) && row.Counter == seen.Counter;

    private int Next(int below) => bytes.MoveNext() ? bytes.Current % below : 0;

    private void Say(string wrong) => Wrong ??= wrong;
}
