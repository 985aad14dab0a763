namespace Handlers.EndToEnd.Tests;

/// <summary>The sample as its users run it.</summary>
public sealed class QuickStartTests : IDisposable
{
    private const string AllHandled = "read 1707 handled 1707 invalid 0 failed 0 lost 0";

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task It_handles_every_event_and_the_next_run_continues_where_it_stopped()
    {
        Assert.Equal((AllHandled, 0, ""), Trimmed(await QuickStartRun.ToEndAsync(workplace.Data)));

        using var again = QuickStartRun.Start(workplace.Data);
        Assert.Equal(0, await again.ExitAsync());
        Assert.Contains("Continuing: 1707 of 1707 lines appended, 1707 events handled already.", again.Output, StringComparison.Ordinal);
        Assert.EndsWith("read 0 handled 0 invalid 0 failed 0 lost 0", again.Output.TrimEnd(), StringComparison.Ordinal);

        Assert.Equal(AllHandled, (await QuickStartRun.ToEndAsync(workplace.Data, "--reset")).LastLine);
    }

    [Fact]
    public async Task After_a_crash_the_next_run_loses_nothing()
    {
        var crashed = await QuickStartRun.ToEndAsync(workplace.Data, "--crash-after 300");
        Assert.Equal(137, crashed.ExitCode);
        Assert.Equal(300, workplace.Ledger("earthquakes").Count);

        var (lastLine, exitCode, _) = await QuickStartRun.ToEndAsync(workplace.Data);
        Assert.EndsWith("invalid 0 failed 0 lost 0", lastLine, StringComparison.Ordinal);
        Assert.Equal(0, exitCode);
        Assert.Equal(1707, workplace.Ledger("earthquakes").Distinct().Count());
    }

    [Fact]
    public async Task Malformed_lines_are_counted_invalid_and_the_run_goes_on()
    {
        var good = File.ReadLines(QuickStartRun.Earthquakes).First();
        var input = workplace.Write("input.ndjson", $"{good}\nrubbish\n{{}}\n{good[..100]}");
        var (lastLine, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}");

        Assert.Equal("read 4 handled 1 invalid 3 failed 0 lost 0", lastLine);
        Assert.Equal(0, exitCode);
        Assert.DoesNotContain("rubbish", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_empty_input_is_handled_at_once()
    {
        var input = workplace.Write("input.ndjson", "");
        Assert.Equal(("read 0 handled 0 invalid 0 failed 0 lost 0", 0, ""), Trimmed(await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}")));
    }

    [Fact]
    public async Task A_missing_input_is_an_error_that_names_it()
    {
        var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, "--input nonesuch.ndjson");
        Assert.Equal(1, exitCode);
        Assert.Contains("'nonesuch.ndjson'", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Following_it_runs_until_it_is_interrupted_and_stops_cleanly()
    {
        using var run = QuickStartRun.Start(workplace.Data, "--follow");
        await Eventually(() => workplace.Ledger("earthquakes").Count == 1707);
        Assert.False(run.HasExited);
        run.Interrupt();
        Assert.Equal(0, await run.ExitAsync());
        Assert.EndsWith(AllHandled, run.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(1707, workplace.Committed("earthquakes", "tally"));
    }

    [Fact]
    public async Task Configuration_that_names_an_unknown_handler_is_an_error_with_the_closest_name()
    {
        var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, "", ("Handlers__Taly.OnEarthquake__TimeLimit", "5"));
        Assert.NotEqual(0, exitCode);
        Assert.Contains("Handlers:Taly.OnEarthquake names no handler. Did you mean 'Tally.OnEarthquake'?", errors, StringComparison.Ordinal);
    }

    internal static async Task Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 3000 && !condition(); i++) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }

    private static (string, int, string) Trimmed((string LastLine, int ExitCode, string Errors) run) => (run.LastLine, run.ExitCode, run.Errors.Trim());
}
