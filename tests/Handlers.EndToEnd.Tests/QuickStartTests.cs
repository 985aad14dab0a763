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
    public async Task An_empty_input_is_said_to_be_empty()
    {
        using var run = QuickStartRun.Start(workplace.Data, $"--input {workplace.Write("input.ndjson", "")}");
        Assert.Equal(0, await run.ExitAsync());
        Assert.Contains("The input is empty.", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Nothing was left to do", run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_last_line_that_is_completed_later_is_not_lost()
    {
        var lines = File.ReadLines(QuickStartRun.Earthquakes).Take(2).ToList();
        var input = workplace.Write("input.ndjson", $"{lines[0]}\n{lines[1][..100]}");
        Assert.Equal("read 2 handled 1 invalid 1 failed 0 lost 0", (await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}")).LastLine);

        workplace.Write("input.ndjson", $"{lines[0]}\n{lines[1]}\n");
        var (lastLine, exitCode, _) = await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}");
        Assert.Equal(("read 0 handled 0 invalid 0 failed 0 lost 0", 0), (lastLine, exitCode));
    }

    [Fact]
    public async Task An_id_is_any_text_and_reaches_the_terminal_without_control_characters()
    {
        var input = workplace.Write("input.ndjson", """
            {"id":"a b\tc\nd \"e\"","properties":{"mag":6.5,"place":"\u001b[31mred [bold] \u0007place","sig":900,"net":"u s\u001b"}}
            {"id":"","properties":{"mag":1,"place":null,"sig":1,"net":"us"}}
            """);
        using var run = QuickStartRun.Start(workplace.Data, $"--input {input}");
        Assert.Equal(0, await run.ExitAsync());
        Assert.EndsWith("read 2 handled 2 invalid 0 failed 0 lost 0", run.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("1 alert of magnitude", run.Output, StringComparison.Ordinal);
        Assert.Contains("6.5 [31mred [bold] place", run.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(run.Output, c => char.IsControl(c) && c is not ('\n' or '\r'));
        Assert.Equal(["", "a b\tc\nd \"e\""], workplace.Ledger("input").Select(l => l.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task What_no_handler_wrote_down_is_lost()
    {
        await QuickStartRun.ToEndAsync(workplace.Data);
        var ledger = workplace.Ledgers("earthquakes")[0];
        await File.WriteAllLinesAsync(ledger, (await File.ReadAllLinesAsync(ledger, Stop)).Skip(3), Stop);
        var (lastLine, exitCode, _) = await QuickStartRun.ToEndAsync(workplace.Data);
        Assert.Equal(("read 0 handled 0 invalid 0 failed 0 lost 3", 1), (lastLine, exitCode));
    }

    [Fact]
    public async Task Ids_that_were_written_down_ahead_of_a_publish_that_failed_are_not_lost()
    {
        var lines = File.ReadLines(QuickStartRun.Earthquakes).Take(3).ToList();
        var input = workplace.Write("input.ndjson", $"{lines[0]}\n{lines[1]}\n");
        await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}");
        await File.AppendAllTextAsync(Path.Combine(workplace.Data, "input", "appended.txt"), "\"never published\"\n\"broken o", Stop);
        Assert.Equal("read 0 handled 0 invalid 0 failed 0 lost 0", (await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}")).LastLine);

        workplace.Write("input.ndjson", string.Join('\n', lines));
        Assert.Equal("read 1 handled 1 invalid 0 failed 0 lost 0", (await QuickStartRun.ToEndAsync(workplace.Data, $"--input {input}")).LastLine);
    }

    [Fact]
    public async Task Messages_that_come_again_after_a_crash_are_said_to()
    {
        (string, string) rarely = ("Handlers__CommitInterval", "10");
        await QuickStartRun.ToEndAsync(workplace.Data, "--crash-after 500", rarely);
        var committed = workplace.Committed("earthquakes", "tally");
        using var run = QuickStartRun.Start(workplace.Data, "", rarely);
        Assert.Equal(0, await run.ExitAsync());
        Assert.Contains($"{500 - committed} of them for the second time: the earlier run was killed before it could commit.", run.Output, StringComparison.Ordinal);
        Assert.EndsWith($"read {1707 - committed} handled {1707 - committed} invalid 0 failed 0 lost 0", run.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Equal(500 - committed, workplace.Ledger("earthquakes").Count - 1707);

        using var again = QuickStartRun.Start(workplace.Data);
        await again.ExitAsync();
        Assert.DoesNotContain("second time", again.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_list_of_significant_events_ends_after_five()
    {
        var input = workplace.Write("input.ndjson", string.Join('\n', Enumerable.Range(0, 8)
            .Select(i => $$$"""{"id":"{{{i}}}","properties":{"mag":6,"place":"p","sig":900,"net":"us"}}""")));
        using var run = QuickStartRun.Start(workplace.Data, $"--input {input}");
        Assert.Equal(0, await run.ExitAsync());
        Assert.Equal(5, run.Output.Split('\n').Count(l => l.StartsWith("Significant:", StringComparison.Ordinal)));
        Assert.Contains("and 3 more.", run.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(10)]   // fewer lines than were appended
    [InlineData(1707)] // as many, of other events
    public async Task An_input_of_the_same_name_with_other_content_is_an_error_that_says_what_to_do(int lines)
    {
        await QuickStartRun.ToEndAsync(workplace.Data);
        workplace.WriteEvents("earthquakes.ndjson", lines);
        var arguments = $"--input {workplace.PathOf("earthquakes.ndjson")}";
        var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, arguments);
        Assert.Equal(1, exitCode);
        AssertOneLine(errors, Path.Combine(workplace.Data, "earthquakes"), "--reset", "--data");

        Assert.Equal($"read {lines} handled {lines} invalid 0 failed 0 lost 0", (await QuickStartRun.ToEndAsync(workplace.Data, $"{arguments} --reset")).LastLine);
    }

    [Fact]
    public async Task A_path_that_is_of_the_wrong_kind_is_an_error_that_names_it()
    {
        var file = workplace.Write("file", "");
        foreach (var (data, input, named) in new[]
        {
            (workplace.Data, Path.GetDirectoryName(file)!, Path.GetDirectoryName(file)!),
            (file, QuickStartRun.Earthquakes, file),
            (Path.Combine(file, "below"), QuickStartRun.Earthquakes, Path.Combine(file, "below")),
            ("/proc", QuickStartRun.Earthquakes, "/proc"), // not even root may make a folder here
        })
        {
            var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(data, $"--input {input}");
            Assert.Equal(1, exitCode);
            AssertOneLine(errors, named);
        }
    }

    [Fact]
    public async Task A_log_that_cannot_be_used_is_an_error_that_names_it()
    {
        Directory.CreateDirectory(Path.Combine(workplace.Data, "earthquakes"));
        var database = Path.Combine(workplace.Data, "earthquakes", "handlers.db");
        await File.WriteAllTextAsync(database, new string('x', 5000), Stop);
        var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data);
        Assert.Equal(1, exitCode);
        AssertOneLine(errors, database);
    }

    [Theory]
    [InlineData("0")]
    [InlineData("-3")]
    [InlineData("some")]
    public async Task Crash_after_takes_a_number_from_1(string count)
    {
        var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, $"--crash-after {count}");
        Assert.Equal(1, exitCode);
        Assert.Contains("--crash-after", errors, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Runs_at_the_same_time_share_the_work_of_one_that_appends()
    {
        var input = $"--input {workplace.PathOf("many.ndjson")}";
        workplace.WriteEvents("many.ndjson", 20_000);
        using var first = QuickStartRun.Start(workplace.Data, input);
        await Eventually(() => workplace.LedgerLength("many") > 0);
        using var second = QuickStartRun.Start(workplace.Data, input);
        Assert.Equal((0, 0), (await first.ExitAsync(), await second.ExitAsync()));
        Assert.EndsWith("invalid 0 failed 0 lost 0", first.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.EndsWith("invalid 0 failed 0 lost 0", second.Output.TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("Another run appends to this log. This one joins it, and appends nothing.", second.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Another run", first.Output, StringComparison.Ordinal);
        Assert.Equal(2, workplace.Ledgers("many").Count);
        Assert.Equal(20_000, workplace.Appended("many"));
        Assert.Equal(20_000, workplace.Ledger("many").Distinct().Count());
    }

    [Fact]
    public async Task Reset_is_refused_while_another_run_uses_the_log()
    {
        using var first = QuickStartRun.Start(workplace.Data, "--follow");
        await Eventually(() => first.Output.Contains("Caught up.", StringComparison.Ordinal));
        await AssertResetIsRefused();
        using var second = QuickStartRun.Start(workplace.Data, "--follow");
        await Eventually(() => second.Output.Contains("Caught up.", StringComparison.Ordinal));
        first.Interrupt();
        Assert.Equal(0, await first.ExitAsync());
        await AssertResetIsRefused(); // one that only joined counts too

        second.Interrupt();
        Assert.Equal(0, await second.ExitAsync());
        Assert.Equal(AllHandled, (await QuickStartRun.ToEndAsync(workplace.Data, "--reset")).LastLine);

        async Task AssertResetIsRefused()
        {
            var (_, exitCode, errors) = await QuickStartRun.ToEndAsync(workplace.Data, "--reset");
            Assert.Equal(1, exitCode);
            AssertOneLine(errors, "--reset: another run uses", Path.Combine(workplace.Data, "earthquakes"));
        }
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
        Assert.Equal(1, exitCode);
        AssertOneLine(errors, "Handlers:Taly.OnEarthquake names no handler. Did you mean 'Tally.OnEarthquake'?");
    }

    internal static async Task Eventually(Func<bool> condition)
    {
        for (var i = 0; i < 3000 && !condition(); i++) await Task.Delay(20, TestContext.Current.CancellationToken);
        Assert.True(condition());
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private static void AssertOneLine(string errors, params string[] parts)
    {
        Assert.DoesNotContain('\n', errors.Trim());
        Assert.All(parts, part => Assert.Contains(part, errors, StringComparison.Ordinal));
    }

    private static (string, int, string) Trimmed((string LastLine, int ExitCode, string Errors) run) => (run.LastLine, run.ExitCode, run.Errors.Trim());
}
