namespace Handlers.Crash;

/// <summary>Holds what workers wrote down against what is in the log, message by message and kill by kill.</summary>
internal sealed class Verdict
{
    /// <summary>What a commit may take beyond its interval on a busy machine: its tick, a writer's lock, the disk.</summary>
    private static readonly TimeSpan CommitTakes = TimeSpan.FromSeconds(2);

    private readonly Cell cell;
    private readonly Evidence evidence;
    private readonly List<string> broken = [];
    private readonly ILookup<int, (int Worker, Line Line)> handled; // by number, in the order of assignments
    private readonly ILookup<string, (int Worker, Line Line)> lanes; // the same by partition
    private readonly int[] twice;
    private readonly int[] lost;
    private int twiceBeyond; // what the window allows
    private int lostBeyond;
    private int mostUncommitted;
    private TimeSpan longestUncommitted;

    private Verdict(Cell cell, Evidence evidence)
    {
        this.cell = cell;
        this.evidence = evidence;
        handled = evidence.Ledgers
            .SelectMany((ledger, worker) => ledger.Where(l => l.Kind == LineKind.Handled).Select(line => (worker, line)))
            .OrderBy(h => h.line.Epoch).ThenBy(h => h.line.At)
            .ToLookup(h => h.line.Id);
        lanes = handled.SelectMany(h => h).ToLookup(h => h.Line.Partition);
        twice = new int[evidence.Kills.Count];
        lost = new int[evidence.Kills.Count];
    }

    public static Figures On(Cell cell, Evidence evidence) => new Verdict(cell, evidence).Reach();

    /// <summary>Where there is no evidence: that is a broken promise too.</summary>
    public static Figures Without(Cell cell, string why) => new()
    {
        Cell = cell, Messages = 0, Kills = 0, Lost = 0, LostBeyond = 0, MostLost = 0, Twice = 0, TwiceBeyond = 0, MostTwice = 0, MostUncommitted = 0, LongestUncommitted = default, Broken = [why],
    };

    private Figures Reach()
    {
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
            MostUncommitted = mostUncommitted,
            LongestUncommitted = longestUncommitted,
            Broken = broken,
        };
    }

    /// <summary>What was acknowledged is in the log, once, and what was handled is what is there.</summary>
    private void CheckLog()
    {
        var places = evidence.Census.ToLookup(l => l.Id);
        for (var id = 1; id <= evidence.Appended; id++)
            if (places[id].Count() != 1) broken.Add($"{id} is in the log {places[id].Count()} times");
        foreach (var (worker, line) in handled.SelectMany(h => h))
            if (!places[line.Id].Any(p => p.Partition == line.Partition && p.Position == line.Position)) broken.Add($"worker {worker} handled {line.Text}, which the log does not have there");
    }

    /// <summary>An assignment belongs to one worker, begins after the one before has ended, and keeps its order.</summary>
    private void CheckLanes()
    {
        var ranks = evidence.Census.GroupBy(l => l.Partition)
            .SelectMany(lane => lane.OrderBy(l => l.Position).Select((line, rank) => (line.Id, rank))).DistinctBy(r => r.Id).ToDictionary(r => r.Id, r => r.rank);
        foreach (var lane in lanes)
        {
            var last = long.MinValue;
            foreach (var epoch in lane.GroupBy(l => l.Line.Epoch).OrderBy(e => e.Key))
            {
                if (epoch.DistinctBy(l => l.Worker).Count() > 1) broken.Add($"lane {lane.Key} epoch {epoch.Key} was of several workers");
                var done = epoch.Select(l => l.Line).OrderBy(l => l.At).ToList();
                if (done.Min(l => l.At) < last) broken.Add($"lane {lane.Key} epoch {epoch.Key} began before the one before had ended");
                last = done.Max(l => l.At);
                if (cell.Ordering != Ordering.Lane) continue;
                for (var i = 1; i < done.Count; i++)
                    if (ranks.GetValueOrDefault(done[i].Id) != ranks.GetValueOrDefault(done[i - 1].Id) + 1) broken.Add($"lane {lane.Key} epoch {epoch.Key}: {done[i].Id} came after {done[i - 1].Id}");
            }
        }
    }

    /// <summary>At a kill: what was handled in each lane that the worker had, and not committed. Nothing else may come again.</summary>
    private void CheckUncommitted(Kill kill, int number)
    {
        var all = 0;
        foreach (var (partition, epoch) in kill.Held)
        {
            var open = evidence.Ledgers[kill.Worker].Where(l => l.Kind == LineKind.Handled && l.Partition == partition && l.Epoch == epoch && !IsCommitted(kill, l)).ToList();
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
        foreach (var times in handled.Where(t => t.Skip(1).Any()))
        {
            // Each handling but the last one was followed by another.
            foreach (var (worker, line) in times.SkipLast(1))
            {
                extra++;
                var number = KillThatEnded(worker, line);
                var why = number < 0 ? "the process that had handled it gave the lane back in order"
                    : cell.IsAtMostOnce ? $"at most once is promised, kill {number}"
                    : IsCommitted(evidence.Kills[number], line) ? $"it was committed at kill {number}"
                    : null;
                if (number >= 0) twice[number]++;
                if (why is null) continue;
                twiceBeyond++;
                broken.Add($"{line.Id} of lane {line.Partition} was handled again: {why}");
            }
        }

        return extra;
    }

    /// <summary>Nothing, or with at most once: no more than a batch of each lane, and that was committed. Returns how many.</summary>
    private int CheckLost()
    {
        var missing = evidence.Census.Where(l => l.Id <= evidence.Appended && !handled.Contains(l.Id)).ToList();
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
