namespace Handlers.Crash;

/// <summary>The evidence in the orders in which it is asked: by message, by lane, by kill.</summary>
internal sealed class History
{
    private readonly Cell cell;
    private readonly IReadOnlyList<Kill> kills;
    private readonly Dictionary<int, int> ranks; // where each number stands among those that it keeps order with
    private readonly Dictionary<(string Partition, long Epoch), Position?> gaps = []; // the first message that had not begun when the assignment ended

    public History(Cell cell, Evidence evidence)
    {
        this.cell = cell;
        kills = evidence.Kills;
        Places = evidence.Census.Where(l => l.Kind == LineKind.Handled).ToLookup(l => l.Id);
        Calls = evidence.Ledgers
            .SelectMany((ledger, worker) => ledger.Where(l => l.IsCall).Select(line => (worker, line)))
            .OrderBy(c => c.line.Epoch).ThenBy(c => c.line.At)
            .ToLookup(c => c.line.Id);
        Lanes = Calls.SelectMany(c => c).ToLookup(c => c.Line.Partition);
        ranks = Places.SelectMany(p => p).GroupBy(UnitOf)
            .SelectMany(unit => unit.OrderBy(l => l.Position).Select((line, rank) => (line.Id, rank))).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => r.rank);
    }

    /// <summary>What is in the log, by number.</summary>
    public ILookup<int, Line> Places { get; }

    /// <summary>The calls with each number, in the order of assignments.</summary>
    public ILookup<int, (int Worker, Line Line)> Calls { get; }

    /// <summary>The same by partition.</summary>
    public ILookup<string, (int Worker, Line Line)> Lanes { get; }

    /// <summary>Where a message stands in its lane or key, from 0.</summary>
    public int RankOf(Line line) => ranks.GetValueOrDefault(line.Id);

    /// <summary>What the order is kept in: the lane, the key; null: nothing.</summary>
    public string? UnitOf(Line line) => cell.Ordering switch
    {
        Ordering.Lane => line.Partition,
        Ordering.Key => $"key {Appending.KeyOf(line.Id)}",
        _ => null,
    };

    /// <summary>
    /// Whether the message was handled ahead of one that the assignment had not begun when it gave the lane back. Such a one is handled
    /// out of order only, and cannot be committed; it comes again with what it was ahead of.
    /// </summary>
    public bool IsAhead(Line line)
    {
        if (cell.Ordering == Ordering.Lane) return false;
        if (!gaps.TryGetValue((line.Partition, line.Epoch), out var gap))
        {
            var begun = Lanes[line.Partition].Where(c => c.Line.Epoch == line.Epoch).Select(c => c.Line.Position).ToHashSet();
            var first = begun.Min();
            gap = Places.SelectMany(p => p).Where(l => l.Partition == line.Partition && l.Position > first && !begun.Contains(l.Position)).Select(l => (Position?)l.Position).Min();
            gaps[(line.Partition, line.Epoch)] = gap;
        }

        return gap < line.Position;
    }

    public static bool IsCommitted(Kill kill, Line line) => kill.Committed.TryGetValue(line.Partition, out var committed) && line.Position <= committed;

    /// <summary>The kill of a worker that had the lane then; -1: it gave the lane back in order, or was not killed.</summary>
    public int KillThatEnded(int worker, Line line) =>
        Find(k => k.Worker == worker && k.Held.Contains((line.Partition, line.Epoch)));

    /// <summary>
    /// The first kill at which the message was committed, of a worker that had the lane between those that handled what stands before
    /// and behind it; -1: there is none.
    /// </summary>
    public int KillThatLost(Line line)
    {
        var (before, behind) = (long.MinValue, long.MaxValue); // epochs
        var (nearest, next) = (default(Position?), default(Position?));
        foreach (var (_, other) in Lanes[line.Partition])
        {
            if (other.Position < line.Position && !(other.Position < nearest)) (nearest, before) = (other.Position, Math.Max(other.Position == nearest ? before : long.MinValue, other.Epoch));
            if (other.Position > line.Position && !(other.Position > next)) (next, behind) = (other.Position, Math.Max(other.Position == next ? behind : long.MinValue, other.Epoch));
        }

        // In order, what one assignment loses it loses at its end; otherwise it may have handled what stands behind.
        if (cell.Ordering == Ordering.Lane) behind--;
        return Find(k => IsCommitted(k, line) && k.Held.Any(h => h.Partition == line.Partition && h.Epoch >= before && h.Epoch <= behind));
    }

    private int Find(Func<Kill, bool> which)
    {
        for (var i = 0; i < kills.Count; i++)
            if (which(kills[i])) return i;
        return -1;
    }
}
