using Handlers.Embedded;

namespace Handlers.EndToEnd.Tests;

/// <summary>The tool in a process of its own, beside an application of somebody's.</summary>
public sealed class ToolTests : IDisposable
{
    private readonly Workplace workplace = new();

    public void Dispose() => workplace.Dispose();

    [Fact]
    public async Task A_window_goes_into_an_application_which_has_settings_of_its_own_and_its_exit_code_is_the_tools()
    {
        using (var publish = Start("Orders", "publish 20")) Assert.Equal(0, await publish.ExitAsync());
        var (exitCode, lastLine) = await ReplayAsync();
        Assert.Equal((0, "replayed 20 handled 20 skipped 0 invalid 0 failed 0"), (exitCode, lastLine));
        await File.WriteAllTextAsync(Path.Combine(workplace.Data, "broken"), "", TestContext.Current.CancellationToken);
        (exitCode, lastLine) = await ReplayAsync();
        Assert.Equal(1, exitCode);
        Assert.EndsWith(" failed 20", lastLine, StringComparison.Ordinal);
        using var log = EmbeddedLog.Open(workplace.Data);
        Assert.Empty(log.Positions());

        async Task<(int, string)> ReplayAsync()
        {
            using var replay = Start("Tool", $"replay orders --from earliest --into \"{QuickStartRun.Metadata("Orders")}\"");
            return (await replay.ExitAsync(), replay.Output.TrimEnd().Split('\n')[^1]);
        }
    }

    [Fact]
    public async Task Tail_follows_what_comes_until_Ctrl_C_which_is_no_error()
    {
        using (var publish = Start("Orders", "publish 2")) Assert.Equal(0, await publish.ExitAsync());
        using var tail = Start("Tool", $"tail orders --follow --embedded \"{workplace.Data}\"");
        await QuickStartTests.Eventually(() => Lines() == 2 || tail.HasExited);
        using (var publish = Start("Tool", $"publish orders --body more --embedded \"{workplace.Data}\"")) Assert.Equal(0, await publish.ExitAsync());
        await QuickStartTests.Eventually(() => Lines() == 3 || tail.HasExited);
        Assert.EndsWith("more", tail.Output.TrimEnd(), StringComparison.Ordinal);
        tail.Interrupt();
        Assert.Equal((0, ""), (await tail.ExitAsync(), tail.Errors.Trim()));

        int Lines() => tail.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Length;
    }

    private QuickStartRun Start(string program, string arguments) => QuickStartRun.StartProgram(
        program, arguments, ("Folder", workplace.Data), ("Logging__LogLevel__Default", "Error"), ("Logging__LogLevel__Handlers", "None"));
}
