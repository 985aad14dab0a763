using Handlers.Embedded;

namespace Handlers.EndToEnd.Tests;

/// <summary>The command <c>replay</c> of an application over the embedded log, in processes of their own.</summary>
public sealed class ReplayTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task Killed_in_the_middle_it_leaves_the_group_where_it_was_and_another_replays_all()
    {
        const int orders = 3000;
        await RunAsync($"publish {orders}");
        using (var app = Start(""))
        {
            await QuickStartTests.Eventually(() => Handled().Count == orders);
            app.Interrupt();
            Assert.Equal(0, await app.ExitAsync());
        }

        var before = Positions();
        Assert.Equal(orders, before.Sum(p => p.Handled.Number));
        using (var replay = Start("replay orders --from earliest"))
        {
            await QuickStartTests.Eventually(() => Handled().Count > orders || replay.HasExited);
            Assert.False(replay.HasExited, replay.Errors + replay.Output);
            await replay.KillAsync();
        }

        Assert.Equal(before, Positions());
        File.Delete(Path.Combine(workplace.Data, "handled.txt"));
        Assert.Equal((0, $"replayed {orders} handled {orders} skipped 0 invalid 0 failed 0", ""), await RunAsync("replay orders --from earliest"));
        Assert.Equal(Enumerable.Range(0, orders).Select(i => $"order-{i}").Order(StringComparer.Ordinal), Handled().Order(StringComparer.Ordinal));
        Assert.Equal(before, Positions());

        await File.WriteAllTextAsync(Path.Combine(workplace.Data, "broken"), "", TestContext.Current.CancellationToken);
        var (exitCode, lastLine, errors) = await RunAsync("replay orders --partition 0 --from 1 --to 5");
        Assert.Equal((1, "replayed 5 handled 0 skipped 0 invalid 0 failed 5"), (exitCode, lastLine));
        Assert.Equal("replay: 5 messages that handlers published were dropped. --publish publishes them.", errors);
        (exitCode, lastLine, errors) = await RunAsync("replay orders");
        Assert.Equal((2, ""), (exitCode, lastLine));
        Assert.StartsWith("replay: Say where to begin", errors, StringComparison.Ordinal);
    }

    private QuickStartRun Start(string arguments) => QuickStartRun.StartProgram(
        "Orders", arguments, ("Folder", workplace.Data), ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Handlers", "None"));

    private async Task<(int ExitCode, string LastLine, string Errors)> RunAsync(string arguments)
    {
        using var run = Start(arguments);
        return (await run.ExitAsync(), run.Output.TrimEnd().Split('\n')[^1], run.Errors.Trim());
    }

    /// <summary>Of every group.</summary>
    private List<EmbeddedPosition> Positions()
    {
        using var log = EmbeddedLog.Open(workplace.Data);
        return [.. log.Positions()];
    }

    private List<string> Handled()
    {
        var path = Path.Combine(workplace.Data, "handled.txt");
        if (!File.Exists(path)) return [];
        using var reader = new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite));
        var text = reader.ReadToEnd();
        return [.. text[..(text.LastIndexOf('\n') + 1)].Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => l.Split(' ')[0])];
    }
}
