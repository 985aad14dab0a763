namespace Handlers.Crash;

/// <summary>Holds what workers wrote down against what is in the log, message by message and kill by kill.</summary>
internal sealed class Verdict
{
    private readonly Cell cell;
    private readonly Evidence evidence;
    private readonly History history;
    private readonly List<string> broken = [];
    private readonly int[] twice;
    private readonly int[] lost;
    private readonly Dictionary<(string Partition, long Epoch), int> ahead = []; // of assignments that were given back in order: what was handled ahead, and came again
    private int twiceBeyond; // what the window allows
    private int lostBeyond;
    private int mostUncommitted;
    private TimeSpan longestUncommitted;

    private Verdict(Cell cell, Evidence evidence)
    {
        this.cell = cell;
        this.evidence = evidence;
        history = new History(cell, evidence);
        twice = new int[evidence.Kills.Count];
        lost = new int[evidence.Kills.Count];
    }

    public static Figures On(Cell cell, Evidence evidence) => new Verdict(cell, evidence).Reach();

    /// <summary>Where there is no evidence: that is a broken promise too.</summary>
    public static Figures Without(Cell cell, string why) => new() { Cell = cell, Broken = [why] };

    private Figures Reach()
    {
        if (evidence.Unfinished is { } why) broken.Add(why);
        CheckLog();
        if (cell.Commit == Commit.Transaction) CheckResults();
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
            LostByTheLiving = [.. LostByTheLiving()],
        };
    }

    private IEnumerable<string> LostByTheLiving() => evidence.Ledgers.SelectMany((ledger, worker) => ledger
        .Where(l => l.Kind == LineKind.Lost && !evidence.Kills.Any(k => k.Worker == worker && k.Held.Contains((l.Partition, l.Epoch))))
        .Select(l => $"lane {l.Partition} epoch {l.Epoch} was lost by worker {worker}, which was alive"));

    /// <summary>What was acknowledged is in the log, once, and what was handled or dead-lettered is what is there.</summary>
    private void CheckLog()
    {
        for (var id = 1; id <= evidence.Appended; id++)
            if (history.Places[id].Count() != 1) broken.Add($"{id} is in the log {history.Places[id].Count()} times");
        foreach (var line in history.Calls.SelectMany(c => c).Select(c => c.Line).Concat(evidence.DeadLetters))
            if (!history.Places[line.Id].Any(p => p.Partition == line.Partition && p.Position == line.Position)) broken.Add($"{line.Kind} {line.Id} at lane {line.Partition} position {line.Position}, where the log has another");
        foreach (var letters in evidence.DeadLetters.GroupBy(l => l.Id))
            if (letters.Count() > history.Calls[letters.Key].Count(c => c.Line.Kind == LineKind.Failed)) broken.Add($"{letters.Key} is dead-lettered more often than it failed");
    }

    /// <summary>Of each message one result, or one letter, and nothing besides, however often it was handled.</summary>
    private void CheckResults()
    {
        var results = evidence.Census.Where(l => l.Kind == LineKind.Result).CountBy(l => l.Id).ToDictionary();
        var letters = evidence.DeadLetters.CountBy(l => l.Id).ToDictionary();
        for (var id = 1; id <= evidence.Appended; id++)
        {
            var fails = history.Calls[id].Any(c => c.Line.Kind == LineKind.Failed);
            var (has, dead) = (results.GetValueOrDefault(id), letters.GetValueOrDefault(id));
            if (has != (fails ? 0 : 1) || dead != (fails ? 1 : 0)) broken.Add($"{id}, which {(fails ? "fails" : "is handled")}, has {has} results and {dead} letters");
        }
    }

    /// <summary>An assignment belongs to one worker, begins after the one before has ended, and keeps its order.</summary>
    private void CheckLanes()
    {
        foreach (var lane in history.Lanes)
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
            if (history.UnitOf(line) is not { } unit) return;
            if (reached.TryGetValue(unit, out var before) && history.RankOf(line) != history.RankOf(before) + 1)
                broken.Add($"lane {line.Partition} epoch {line.Epoch}: {line.Id} came after {before.Id}");
            reached[unit] = line;
        }
    }

    /// <summary>At a kill: what was handled in each lane that the worker had, and not committed. Nothing else may come again.</summary>
    private void CheckUncommitted(Kill kill, int number)
    {
        var all = 0;
        foreach (var (partition, epoch) in kill.Held)
        {
            var open = evidence.Ledgers[kill.Worker].Where(l => l.IsCall && l.Partition == partition && l.Epoch == epoch && !History.IsCommitted(kill, l)).ToList();
            all += open.Count;
            if (cell.MostTwice is { } most && open.Count > most) twiceBeyond += open.Count - most;
            if (open.Count > cell.MostTwice) broken.Add($"kill {number}: {open.Count} messages of lane {partition} were handled and not committed");
            if (open.Count == 0) continue;
            var age = TimeProvider.System.GetElapsedTime(open.Min(l => l.At), kill.At);
            longestUncommitted = age > longestUncommitted ? age : longestUncommitted;
            if (cell.CommitsByTime && age > Cell.CommitInterval + evidence.CommitTakes) broken.Add($"kill {number}: lane {partition} had not been committed for {age.TotalMilliseconds:0} ms");
        }

        mostUncommitted = Math.Max(mostUncommitted, all);
    }

    /// <summary>A message comes again only where the process that handled it was killed with it uncommitted. Returns how often.</summary>
    private int CheckTwice()
    {
        var extra = 0;
        foreach (var times in history.Calls.Where(t => t.Skip(1).Any()))
        {
            // Each handling but the last one was followed by another.
            foreach (var (worker, line) in times.SkipLast(1))
            {
                extra++;
                var number = history.KillThatEnded(worker, line);
                var isAhead = number < 0 && history.IsAhead(line);
                if (isAhead) ahead[(line.Partition, line.Epoch)] = ahead.GetValueOrDefault((line.Partition, line.Epoch)) + 1;
                var why = cell.IsAtMostOnce ? "at most once is promised"
                    : isAhead ? null
                    : number < 0 ? "the process that had handled it gave the lane back in order"
                    : History.IsCommitted(evidence.Kills[number], line) ? $"it was committed at kill {number}"
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

    /// <summary>Nothing, or with at most once: no more than a batch of each lane, and that was committed. Returns how many.</summary>
    private int CheckLost()
    {
        var found = history.Calls.SelectMany(c => c).Select(c => c.Line).Where(l => l.Kind == LineKind.Handled).Concat(evidence.DeadLetters).Select(l => l.Id).ToHashSet();
        var missing = history.Places.SelectMany(p => p).Where(l => l.Id <= evidence.Appended && !found.Contains(l.Id)).ToList();
        foreach (var (number, messages) in missing.GroupBy(l => cell.IsAtMostOnce ? history.KillThatLost(l) : -1).Select(g => (g.Key, g.ToList())))
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
}
