namespace Handlers;

/// <summary>
/// What options may be, wherever they were set: a time that no timer keeps would otherwise be found out by the committer or in the
/// middle of a hand-over.
/// </summary>
internal static class HandlersOptionsCheck
{
    private static readonly TimeSpan Shortest = TimeSpan.FromMilliseconds(1);

    /// <summary>The longest that timers of .NET take, in whole days.</summary>
    private static readonly TimeSpan Longest = TimeSpan.FromDays(49);

    public static void Check(HandlersOptions options, List<string> errors)
    {
        Time(nameof(options.CommitInterval), options.CommitInterval, Shortest);
        Time(nameof(options.TransactionInterval), options.TransactionInterval, Shortest);
        Time(nameof(options.StopBudget), options.StopBudget, TimeSpan.Zero);
        Time(nameof(options.RevokeBudget), options.RevokeBudget, TimeSpan.Zero);
        Holds(nameof(options.DrainShare), options.DrainShare is >= 0 and <= 1, "from 0 to 1");
        Holds(nameof(options.BatchSize), options.BatchSize is >= 1 and <= 1_000_000, "from 1 to 1000000");
        Holds(nameof(options.BatchBytes), options.BatchBytes >= 1, "above 0");
        Holds(nameof(options.MaxUncommitted), options.MaxUncommitted is >= 1 and <= 10_000_000, "from 1 to 10000000");
        Time(nameof(options.StuckAfter), options.StuckAfter, Shortest);
        Time(nameof(options.CircuitBreakerInterval), options.CircuitBreakerInterval, Shortest);
        Holds(nameof(options.CommitAttempts), options.CommitAttempts is >= 1 and <= 1000, "from 1 to 1000");
        Holds(nameof(options.SpansPerSecond), options.SpansPerSecond is >= 0 and <= 1_000_000, "from 0 to 1000000");

        if (options is { LatencyHeader: not null, LatencyField: not null })
            errors.Add($"The options Handlers:{nameof(options.LatencyHeader)} and Handlers:{nameof(options.LatencyField)} are both set. A message's latency has one source: leave one of them out.");

        void Time(string name, TimeSpan value, TimeSpan least) => Holds(name, value >= least && value <= Longest, $"{least:c} to {Longest.Days} days");

        void Holds(string name, bool holds, string range)
        {
            if (!holds) errors.Add($"The option Handlers:{name} is out of its range, which is {range}.");
        }
    }

    public static void Check(string handler, TimeSpan? timeLimit, List<string> errors)
    {
        if (timeLimit is { } limit && (limit < Shortest || limit > Longest))
            errors.Add($"Handler '{handler}' has a TimeLimit of {limit:c}, which is not {Shortest:c} to {Longest.Days} days.");
    }
}
