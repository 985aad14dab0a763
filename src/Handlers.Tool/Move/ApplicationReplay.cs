using System.Diagnostics;

namespace Handlers.Tool;

/// <summary>An application's own command <c>replay</c>, as a process with this one's terminal, working folder and environment.</summary>
internal static class ApplicationReplay
{
    private const string Commands = "RunHandlersAsync";

    /// <summary>Its exit code.</summary>
    public static async Task<int> RunAsync(string application, List<string> arguments, CancellationToken stop)
    {
        if (!File.Exists(application)) throw new ToolException($"There is no file {Path.GetFullPath(application)}.");
        // One without the command would begin to consume, for everybody's eyes and with its group.
        if (!AssemblyFiles.Read(new FileInfo(application)).All.Any(static a => a.Calls.Contains(Commands)))
            throw new ToolException($"{application} does not call {Commands}, so it has no command replay: it would only begin to consume. Let its last line be 'await builder.Build().{Commands}(args);'.");
        using var process = Process.Start(new ProcessStartInfo("dotnet", [application, "replay", .. arguments])) ?? throw new ToolException("dotnet does not start.");
        // A signal of the terminal is the application's too, and it ends in order.
        await process.WaitForExitAsync(CancellationToken.None);
        stop.ThrowIfCancellationRequested();
        return process.ExitCode;
    }
}
