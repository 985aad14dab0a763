using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;

namespace Handlers.EndToEnd.Tests;

/// <summary>A run of the QuickStart in a process of its own.</summary>
internal sealed class QuickStartRun : IDisposable
{
    private readonly Process process;
    private readonly StringBuilder output = new();
    private readonly StringBuilder errors = new();

    private QuickStartRun(Process process) => this.process = process;

    public static string Earthquakes => Metadata("Earthquakes");

    public string Output
    {
        get
        {
            lock (output) return output.ToString();
        }
    }

    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    public bool HasExited => process.HasExited;

    public static QuickStartRun Start(string data, string arguments = "", params (string Key, string Value)[] environment) =>
        StartProgram("QuickStart", $"--data \"{data}\" {arguments}", environment);

    /// <summary>Another program, by the name of its metadata.</summary>
    public static QuickStartRun StartProgram(string program, string arguments, params (string Key, string Value)[] environment)
    {
        var start = new ProcessStartInfo("dotnet", $"exec \"{Metadata(program)}\" {arguments}")
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        };
        foreach (var (key, value) in environment) start.Environment[key] = value;
        var run = new QuickStartRun(Process.Start(start)!);
        run.Collect(run.output, (p, h) => p.OutputDataReceived += h);
        run.Collect(run.errors, (p, h) => p.ErrorDataReceived += h);
        run.process.BeginOutputReadLine();
        run.process.BeginErrorReadLine();
        return run;
    }

    /// <summary>Runs to the end. Returns the last line of the output.</summary>
    public static async Task<(string LastLine, int ExitCode, string Errors)> ToEndAsync(string data, string arguments = "", params (string Key, string Value)[] environment)
    {
        using var run = Start(data, arguments, environment);
        var exitCode = await run.ExitAsync();
        return (run.Output.TrimEnd().Split('\n')[^1], exitCode, run.Errors);
    }

    public async Task<int> ExitAsync()
    {
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>
    /// SIGINT, as Ctrl+C sends it. A shell starts what it puts into the background with SIGINT ignored, and so are then the
    /// processes that tests start: there it is SIGTERM, which a host takes alike.
    /// </summary>
    public void Interrupt()
    {
        using var kill = Process.Start("kill", $"-{(IgnoresInterrupts() ? "TERM" : "INT")} {process.Id}");
        kill.WaitForExit();
    }

    private bool IgnoresInterrupts()
    {
        const ulong interrupt = 1 << (2 - 1);
        var ignored = File.ReadLines($"/proc/{process.Id}/status").First(l => l.StartsWith("SigIgn:", StringComparison.Ordinal)).Split('\t')[1];
        return (ulong.Parse(ignored, NumberStyles.HexNumber, CultureInfo.InvariantCulture) & interrupt) != 0;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }

    private void Collect(StringBuilder into, Action<Process, DataReceivedEventHandler> subscribe) => subscribe(process, (_, line) =>
    {
        lock (into) into.AppendLine(line.Data);
    });

    /// <summary>Where a program's assembly is.</summary>
    public static string Metadata(string key) =>
        typeof(QuickStartRun).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == key).Value!;
}
