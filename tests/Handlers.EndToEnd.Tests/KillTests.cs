namespace Handlers.EndToEnd.Tests;

/// <summary>SIGKILL at random moments: while lines are appended, while they are handled, while positions are committed.</summary>
public sealed class KillTests : IDisposable
{
    private const int Kills = 20;
    private const int Events = 60_000;
    private const string Input = "many";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Nothing_is_lost_and_at_most_the_uncommitted_window_is_handled_twice()
    {
        var events = workplace.WriteEvents($"{Input}.ndjson", Events);
        var arguments = $"--input {workplace.PathOf($"{Input}.ndjson")}";
        var runs = new List<int>(); // where each run begins in the ledger
        var window = 0L;
#pragma warning disable CA5394 // moments, not secrets
        var random = new Random(20);
        for (var kill = 0; kill < Kills; kill++)
        {
            var before = workplace.Ledger(Input).Count;
            runs.Add(before);
            var target = workplace.LedgerLength(Input) + random.Next(1, Events / Kills) * 23; // bytes of about so many lines
            using var run = QuickStartRun.Start(workplace.Data, arguments, ("Handlers__CommitInterval", "0.02"));
            await QuickStartTests.Eventually(() => workplace.LedgerLength(Input) >= target || run.HasExited);
            Assert.False(run.HasExited, run.Errors + run.Output);
            await run.KillAsync();
            window += workplace.Ledger(Input).Distinct().Count() - workplace.Committed(Input, "tally");
        }
#pragma warning restore CA5394

        runs.Add(workplace.Ledger(Input).Count);
        var (lastLine, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, arguments);
        Assert.EndsWith("invalid 0 failed 0 lost 0", lastLine, StringComparison.Ordinal);
        Assert.True(exitCode == 0, errors);

        var ledger = workplace.Ledger(Input);
        Assert.Equal(Events, ledger.Distinct().Count());
        Assert.InRange(ledger.Count - Events, 0, window);
        AssertOrder(events, ledger, runs);
    }

    /// <summary>The key is the network, so each network is in one lane: a run goes on from the last run's window, without a gap, in order.</summary>
    private static void AssertOrder(IReadOnlyList<(string Id, string Network)> events, List<(string Id, string Network)> ledger, List<int> runs)
    {
        var rank = new Dictionary<string, int>(); // the event's place among those of its network
        var counts = new Dictionary<string, int>();
        foreach (var (id, network) in events) rank[id] = counts[network] = counts.GetValueOrDefault(network) + 1;

        var reached = new Dictionary<string, int>(); // the furthest that any run came
        for (var run = 0; run < runs.Count; run++)
        {
            var last = new Dictionary<string, int>();
            foreach (var (id, network) in ledger[runs[run]..(run + 1 < runs.Count ? runs[run + 1] : ledger.Count)])
            {
                var expected = last.TryGetValue(network, out var before) ? before + 1 : Math.Min(rank[id], reached.GetValueOrDefault(network) + 1);
                Assert.Equal(expected, rank[id]);
                last[network] = rank[id];
                reached[network] = Math.Max(reached.GetValueOrDefault(network), rank[id]);
            }
        }
    }

    [Fact]
    public async Task Another_process_takes_over_the_lanes_of_one_that_was_killed()
    {
        workplace.WriteEvents($"{Input}.ndjson", 20_000);
        var arguments = $"--follow --input {workplace.PathOf($"{Input}.ndjson")}";
        using var first = QuickStartRun.Start(workplace.Data, arguments);
        await QuickStartTests.Eventually(() => workplace.LedgerLength(Input) > 23_000);
        await first.KillAsync();
        using var second = QuickStartRun.Start(workplace.Data, arguments);
        await QuickStartTests.Eventually(() => workplace.Ledger(Input).Distinct().Count() == 20_000);
        second.Interrupt();
        Assert.Equal(0, await second.ExitAsync());
        Assert.EndsWith("invalid 0 failed 0 lost 0", second.Output.TrimEnd(), StringComparison.Ordinal);
    }
}
