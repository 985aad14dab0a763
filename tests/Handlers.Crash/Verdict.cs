namespace Handlers.Crash;

/// <summary>Holds what workers wrote down against what is in the log, message by message and kill by kill.</summary>
internal sealed class Verdict
{
    /// <summary>What a commit may take beyond its interval on a busy machine: its tick, a writer's lock, the disk.</summary>
    private static readonly TimeSpan CommitTakes = TimeSpan.FromSeconds(1);

    private readonly Cell cell;
    private readonly Evidence evidence;
    private readonly List<string> broken = [];
    private readonly ILookup<int, Line> places; // what is in the log, by number
    private readonly ILookup<int, (int Worker, Line Line)> calls; // by number, in the order of assignments
    private readonly ILookup<string, (int Worker, Line Line)> lanes; // the same by partition
    private readonly Dictionary<int, int> ranks; // where each number stands among those that it keeps order with
    private readonly int[] twice;
    private readonly int[] lost;
    private readonly Dictionary<(string Partition, long Epoch), int> ahead = []; // of assignments that were given back in order: what was handled ahead, and came again
    private readonly Dictionary<(string Partition, long Epoch), Position?> gaps = []; // the first message of the lane that had not begun when the assignment ended
    private int twiceBeyond; // what the window allows
    private int lostBeyond;
    private int mostUncommitted;
    private TimeSpan longestUncommitted;

    private Verdict(Cell cell, Evidence evidence)
    {
        this.cell = cell;
        this.evidence = evidence;
        places = evidence.Census.Where(l => l.Kind == LineKind.Handled).ToLookup(l => l.Id);
        calls = evidence.Ledgers
            .SelectMany((ledger, worker) => ledger.Where(l => l.IsCall).Select(line => (worker, line)))
            .OrderBy(h => h.line.Epoch).ThenBy(h => h.line.At)
            .ToLookup(h => h.line.Id);
        lanes = calls.SelectMany(h => h).ToLookup(h => h.Line.Partition);
        ranks = places.SelectMany(p => p).GroupBy(UnitOf)
            .SelectMany(unit => unit.OrderBy(l => l.Position).Select((line, rank) => (line.Id, rank))).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => r.rank);
        twice = new int[evidence.Kills.Count];
        lost = new int[evidence.Kills.Count];
    }

    public static Figures On(Cell cell, Evidence evidence) => new Verdict(cell, evidence).Reach();

    /// <summary>Where there is no evidence: that is a broken promise too.</summary>
    public static Figures Without(Cell cell, string why) => new()
    {
        Cell = cell, Messages = 0, Kills = 0, Lost = 0, LostBeyond = 0, MostLost = 0, Twice = 0, TwiceBeyond = 0, MostTwice = 0, TwiceInOrder = 0, DeadLetters = 0, DeadLettersTwice = 0, MostUncommitted = 0, LongestUncommitted = default, Broken = [why],
    };

    private Figures Reach()
    {
        if (evidence.Unfinished is { } why) broken.Add(why);
        CheckLog();
        CheckLanes();
        foreach (var (kill, number) in evidence.Kills.Select((kill, number) => (kill, number))) CheckUncommitted(kill, number);
        var extra = CheckTwice();
        var missing = CheckLost();
        return new Figures
        {
            Cell = cell,
            Messages = evidence.Appended,
            Kills = evidence.Kills.Count,
            Lost = missing,
            LostBeyond = lostBeyond,
            TwiceBeyond = twiceBeyond,
            MostLost = lost.Append(0).Max(),
            Twice = extra,
            MostTwice = twice.Append(0).Max(),
            TwiceInOrder = ahead.Values.Sum(),
            DeadLetters = evidence.DeadLetters.Select(l => l.Id).Distinct().Count(),
            DeadLettersTwice = evidence.DeadLetters.Count() - evidence.DeadLetters.Select(l => l.Id).Distinct().Count(),
            MostUncommitted = mostUncommitted,
            LongestUncommitted = longestUncommitted,
            Broken = broken,
        };
    }

    /// <summary>What was acknowledged is in the log, once, and what was handled or dead-lettered is what is there.</summary>
    private void CheckLog()
    {
        for (var id = 1; id <= evidence.Appended; id++)
            if (places[id].Count() != 1) broken.Add($"{id} is in the log {places[id].Count()} times");
        foreach (var line in calls.SelectMany(c => c).Select(c => c.Line).Concat(evidence.DeadLetters))
            if (!places[line.Id].Any(p => p.Partition == line.Partition && p.Position == line.Position)) broken.Add($"{line.Kind} {line.Id} at lane {line.Partition} position {line.Position}, where the log has another");
        foreach (var letters in evidence.DeadLetters.GroupBy(l => l.Id))
            if (letters.Count() > calls[letters.Key].Count(c => c.Line.Kind == LineKind.Failed)) broken.Add($"{letters.Key} is dead-lettered more often than it failed");
    }

    /// <summary>An assignment belongs to one worker, begins after the one before has ended, and keeps its order.</summary>
    private void CheckLanes()
    {
        foreach (var lane in lanes)
        {
            var last = long.MinValue;
            foreach (var epoch in lane.GroupBy(c => c.Line.Epoch).OrderBy(e => e.Key))
            {
                if (epoch.DistinctBy(c => c.Worker).Count() > 1) broken.Add($"lane {lane.Key} epoch {epoch.Key} was of several workers");
                if (epoch.Min(c => c.Line.At) < last) broken.Add($"lane {lane.Key} epoch {epoch.Key} began before the one before had ended");
                last = epoch.Max(c => c.Line.At);
                CheckOrder(epoch.Select(c => c.Line).OrderBy(l => l.At));
            }
        }
    }

    /// <summary>Within an assignment no message of a lane, or of a key, is passed over or comes before one that stands before it.</summary>
    private void CheckOrder(IEnumerable<Line> assignment)
    {
        var reached = new Dictionary<string, Line>();
        foreach (var line in assignment)
        {
            if (UnitOf(line) is not { } unit) return;
            if (reached.TryGetValue(unit, out var before) && ranks.GetValueOrDefault(line.Id) != ranks.GetValueOrDefault(before.Id) + 1)
                broken.Add($"lane {line.Partition} epoch {line.Epoch}: {line.Id} came after {before.Id}");
            reached[unit] = line;
        }
    }

    /// <summary>What the order is kept in: the lane, the key; null: nothing.</summary>
    private string? UnitOf(Line line) => cell.Ordering switch
    {
        Ordering.Lane => line.Partition,
        Ordering.Key => $"key {Appending.KeyOf(line.Id)}",
        _ => null,
    };

    /// <summary>At a kill: what was handled in each lane that the worker had, and not committed. Nothing else may come again.</summary>
    private void CheckUncommitted(Kill kill, int number)
    {
        var all = 0;
        foreach (var (partition, epoch) in kill.Held)
        {
            var open = evidence.Ledgers[kill.Worker].Where(l => l.IsCall && l.Partition == partition && l.Epoch == epoch && !IsCommitted(kill, l)).ToList();
            all += open.Count;
            if (cell.MostTwice is { } most && open.Count > most) twiceBeyond += open.Count - most;
            if (open.Count > cell.MostTwice) broken.Add($"kill {number}: {open.Count} messages of lane {partition} were handled and not committed");
            if (open.Count == 0) continue;
            var age = TimeProvider.System.GetElapsedTime(open.Min(l => l.At), kill.At);
            longestUncommitted = age > longestUncommitted ? age : longestUncommitted;
            if (cell.Commit == Commit.Watermark && age > Cell.CommitInterval + CommitTakes) broken.Add($"kill {number}: lane {partition} had not been committed for {age.TotalMilliseconds:0} ms");
        }

        mostUncommitted = Math.Max(mostUncommitted, all);
    }

    /// <summary>A message comes again only where the process that handled it was killed with it uncommitted. Returns how often.</summary>
    private int CheckTwice()
    {
        var extra = 0;
        foreach (var times in calls.Where(t => t.Skip(1).Any()))
        {
            // Each handling but the last one was followed by another.
            foreach (var (worker, line) in times.SkipLast(1))
            {
                extra++;
                var number = KillThatEnded(worker, line);
                if (number < 0 && IsAhead(line)) ahead[(line.Partition, line.Epoch)] = ahead.GetValueOrDefault((line.Partition, line.Epoch)) + 1;
                var why = number < 0 ? IsAhead(line) ? null : "the process that had handled it gave the lane back in order"
                    : cell.IsAtMostOnce ? $"at most once is promised, kill {number}"
                    : IsCommitted(evidence.Kills[number], line) ? $"it was committed at kill {number}"
                    : null;
                if (number >= 0) twice[number]++;
                if (why is null) continue;
                twiceBeyond++;
                broken.Add($"{line.Id} of lane {line.Partition} was handled again: {why}");
            }
        }

        foreach (var ((partition, epoch), count) in ahead.Where(a => a.Value > Cell.MaxUncommitted)) broken.Add($"lane {partition} epoch {epoch} was given back with {count} messages handled ahead of its watermark");
        return extra;
    }

    /// <summary>
    /// Whether the message was handled ahead of one that the assignment had not begun when it gave the lane back. Such a one is handled
    /// out of order only, and cannot be committed; it comes again with what it was ahead of.
    /// </summary>
    private bool IsAhead(Line line)
    {
        if (cell.Ordering == Ordering.Lane) return false;
        if (!gaps.TryGetValue((line.Partition, line.Epoch), out var gap))
        {
            var begun = lanes[line.Partition].Where(c => c.Line.Epoch <= line.Epoch).Select(c => c.Line.Id).ToHashSet();
            gap = places.SelectMany(p => p).Where(l => l.Partition == line.Partition && !begun.Contains(l.Id)).Select(l => (Position?)l.Position).Min();
            gaps[(line.Partition, line.Epoch)] = gap;
        }

        return gap < line.Position;
    }

    /// <summary>Nothing, or with at most once: no more than a batch of each lane, and that was committed. Returns how many.</summary>
    private int CheckLost()
    {
        var found = calls.SelectMany(c => c).Select(c => c.Line).Where(l => l.Kind == LineKind.Handled).Concat(evidence.DeadLetters).Select(l => l.Id).ToHashSet();
        var missing = places.SelectMany(p => p).Where(l => l.Id <= evidence.Appended && !found.Contains(l.Id)).ToList();
        foreach (var (number, messages) in missing.GroupBy(l => cell.IsAtMostOnce ? KillThatLost(l) : -1).Select(g => (g.Key, g.ToList())))
        {
            if (number >= 0) lost[number] = messages.Count;
            foreach (var lane in messages.GroupBy(l => l.Partition))
            {
                var beyond = number < 0 ? lane.Count() : lane.Count() - cell.MostLost;
                if (beyond <= 0) continue;
                lostBeyond += beyond;
                broken.Add($"{lane.Count()} messages of lane {lane.Key} were lost{(number < 0 ? "" : $" by kill {number}")}: {lane.First().Id} and so on");
            }
        }

        return missing.Count;
    }

    private static bool IsCommitted(Kill kill, Line line) => kill.Committed.TryGetValue(line.Partition, out var committed) && line.Position <= committed;

    /// <summary>The kill of a worker that had the lane then; -1: it gave the lane back in order, or was not killed.</summary>
    private int KillThatEnded(int worker, Line line) =>
        Find(k => k.Worker == worker && k.Held.Contains((line.Partition, line.Epoch)));

    /// <summary>
    /// The first kill at which the message was committed, of a worker that had the lane between those that handled what stands before
    /// and behind it; -1: there is none.
    /// </summary>
    private int KillThatLost(Line line)
    {
        var (before, behind) = (long.MinValue, long.MaxValue); // epochs
        var (nearest, next) = (default(Position?), default(Position?));
        foreach (var (_, other) in lanes[line.Partition])
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
        for (var i = 0; i < evidence.Kills.Count; i++)
            if (which(evidence.Kills[i])) return i;
        return -1;
    }
}
