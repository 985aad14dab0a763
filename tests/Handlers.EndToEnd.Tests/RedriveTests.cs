using Handlers.Embedded;

namespace Handlers.EndToEnd.Tests;

/// <summary>The command <c>redrive</c> of an application over the embedded log, in processes of their own.</summary>
public sealed class RedriveTests : IDisposable
{
    private const int Letters = 20_000;
    private const int Lanes = 4;
    private const int Batch = 100; // what one lane may put back twice after a crash

    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task What_failed_is_handled_when_it_was_put_back()
    {
        Directory.CreateDirectory(workplace.Data);
        await File.WriteAllTextAsync(Path.Combine(workplace.Data, "broken"), "", Stop);
        await RunAsync("publish 20");
        using (var failing = Start(""))
        {
            await QuickStartTests.Eventually(() => Count("orders.dead") == 20);
            failing.Interrupt();
            Assert.Equal(0, await failing.ExitAsync());
        }

        Assert.Empty(Handled());
        File.Delete(Path.Combine(workplace.Data, "broken"));
        Assert.Equal((0, "dry run: read 20 put back 20 left 0 without origin 0", ""), await RunAsync("redrive orders.dead --dry-run"));
        Assert.Equal((0, "read 20 put back 20 left 0 without origin 0", ""), await RunAsync("redrive orders.dead"));
        Assert.Equal((0, "read 0 put back 0 left 0 without origin 0", ""), await RunAsync("redrive orders.dead"));
        Assert.Empty(Handled()); // no handler runs for a redrive
        using (var mended = Start(""))
        {
            await QuickStartTests.Eventually(() => Handled().Count == 20);
            mended.Interrupt();
            Assert.Equal(0, await mended.ExitAsync());
        }

        Assert.Equal(Enumerable.Range(0, 20).Select(i => $"order-{i}").Order(StringComparer.Ordinal), Handled().Select(l => l.Split(' ')[0]).Order(StringComparer.Ordinal));
        Assert.All(Handled(), line => Assert.Matches(@"^order-\d+ orders/[0-3]@\d+ 1$", line));
        Assert.Equal(20, Handled().Select(l => l.Split(' ')[1]).Distinct().Count());
    }

    [Fact]
    public async Task Killed_it_puts_back_at_most_a_batch_a_lane_twice_and_loses_none()
    {
        await RunAsync($"publish-letters {Letters}");
        const int kills = 3;
        for (var kill = 1; kill <= kills; kill++)
        {
            using var run = Start("redrive orders.dead");
            var target = Count("orders") + Letters / 8;
            await QuickStartTests.Eventually(() => Count("orders") >= target || run.HasExited);
            Assert.False(run.HasExited, run.Errors + run.Output);
            await run.KillAsync();
        }

        var (exitCode, lastLine, errors) = await RunAsync("redrive orders.dead");
        Assert.True(exitCode == 0, errors);
        Assert.EndsWith("left 0 without origin 0", lastLine, StringComparison.Ordinal);
        Assert.InRange(Count("orders"), Letters, Letters + kills * Lanes * Batch);
        using var app = Start("");
        await QuickStartTests.Eventually(() => Handled().Count == Count("orders"));
        Assert.Equal(Letters, Handled().Select(l => l.Split(' ')[1]).Distinct().Count());
        Assert.All(Handled(), line => Assert.Equal(line.Split(' ')[0]["order-".Length..], line.Split(' ')[1]["orders/0@".Length..]));
    }

    [Fact]
    public async Task Interrupted_it_ends_in_order_and_the_next_one_goes_on()
    {
        await RunAsync($"publish-letters {Letters}");
        using var run = Start("redrive orders.dead");
        await QuickStartTests.Eventually(() => Count("orders") > 0 || run.HasExited);
        run.Interrupt();
        Assert.Equal(1, await run.ExitAsync());
        var putBack = Count("orders");
        Assert.Equal($"read {putBack} put back {putBack} left 0 without origin 0", run.Output.TrimEnd().Split('\n')[^1]);
        Assert.Contains("Interrupted.", run.Errors, StringComparison.Ordinal);

        Assert.Equal((0, $"read {Letters - putBack} put back {Letters - putBack} left 0 without origin 0", ""), await RunAsync("redrive orders.dead"));
        Assert.Equal(Letters, Count("orders"));
    }

    [Theory]
    [InlineData("redrive", 2, "redrive: Name the topic of the dead letters.")]
    [InlineData("redrive orders.deed", 1, "redrive: No handler of this application declares topic 'orders.deed' for its dead letters. Did you mean 'orders.dead'?")]
    public async Task What_is_wrong_is_said_with_an_exit_code(string arguments, int expected, string error)
    {
        var (exitCode, lastLine, errors) = await RunAsync(arguments);
        Assert.Equal(expected, exitCode);
        Assert.StartsWith(error, errors, StringComparison.Ordinal);
        Assert.True(expected == 1 || lastLine.Length == 0);
    }

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    private QuickStartRun Start(string arguments) => QuickStartRun.StartProgram(
        "Orders", arguments, ("Folder", workplace.Data), ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Handlers", "None"));

    private async Task<(int ExitCode, string LastLine, string Errors)> RunAsync(string arguments)
    {
        using var run = Start(arguments);
        return (await run.ExitAsync(), run.Output.TrimEnd().Split('\n')[^1], run.Errors.Trim());
    }

    private long Count(string topic)
    {
        using var log = EmbeddedLog.Open(workplace.Data);
        return log.Partitions().Where(p => p.Topic == topic).Sum(p => p.Count);
    }

    private List<string> Handled()
    {
        var path = Path.Combine(workplace.Data, "handled.txt");
        if (!File.Exists(path)) return [];
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries)];
    }
}
