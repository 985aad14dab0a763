using System.Diagnostics;
using System.Text;

namespace Handlers.Crash;

/// <summary>A process that works, seen from outside. Used by one thread, but for what it says on its error output.</summary>
internal sealed class Worker : IDisposable
{
    private readonly Process process;
    private readonly string path;
    private readonly StringBuilder errors = new(); // guarded by itself
    private readonly List<Line> lines = [];
    private readonly HashSet<(string Partition, long Epoch)> held = [];
    private long read; // bytes of whole lines

    private Worker(Process process, string path, long startedAt)
    {
        this.process = process;
        this.path = path;
        StartedAt = startedAt;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors) errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>By the machine's monotonic clock.</summary>
    public long StartedAt { get; }

    /// <summary>Its ledger, as far as it was looked at.</summary>
    public IReadOnlyList<Line> Lines => lines;

    /// <summary>Messages that it handled, or failed to, as far as it was looked at.</summary>
    public int Handled { get; private set; }

    /// <summary>The lanes that it has, as far as it was looked at.</summary>
    public IReadOnlySet<(string Partition, long Epoch)> Held => held;

    public bool HasExited => process.HasExited;

    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    public static Worker Start(ICrashTransport transport, string ledger, IEnumerable<KeyValuePair<string, string>> environment)
    {
        var start = new ProcessStartInfo("dotnet") { RedirectStandardError = true, RedirectStandardInput = true };
        foreach (var argument in (string[])["exec", typeof(Worker).Assembly.Location, "work", transport.Name, transport.Place, ledger]) start.ArgumentList.Add(argument);
        foreach (var (key, value) in environment) start.Environment[key] = value;
        var at = TimeProvider.System.GetTimestamp();
        return new Worker(Process.Start(start)!, ledger, at);
    }

    /// <summary>Reads what it has written down since the last look.</summary>
    public void Look()
    {
        if (!File.Exists(path)) return;
        using var file = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        if (file.Length == read) return;
        file.Position = read;
        var bytes = new byte[file.Length - read];
        file.ReadExactly(bytes);
        var whole = bytes.AsSpan(0, bytes.AsSpan().LastIndexOf((byte)'\n') + 1);
        read += whole.Length;
        foreach (var text in Encoding.UTF8.GetString(whole).Split('\n', StringSplitOptions.RemoveEmptyEntries)) Add(Line.Parse(text));
    }

    private void Add(Line line)
    {
        lines.Add(line);
        if (line.IsCall) Handled++;
        else if (line.Kind == LineKind.Began) held.Add((line.Partition, line.Epoch));
        else if (line.Kind is LineKind.Ended or LineKind.Lost) held.Remove((line.Partition, line.Epoch));
    }

    public void Suspend() => Signals.Suspend(process.Id);

    public void Resume() => Signals.Resume(process.Id);

    /// <summary>In the middle of a commit; only while it is suspended.</summary>
    public bool? IsCommitting(ICrashTransport transport) => transport.IsCommitting(process.Id);

    /// <summary>SIGKILL.</summary>
    public async Task KillAsync()
    {
        process.Kill();
        await process.WaitForExitAsync();
    }

    /// <summary>SIGTERM, and what it ends with.</summary>
    public async Task<int> StopAsync()
    {
        Signals.Terminate(process.Id);
        using var patience = new CancellationTokenSource(TimeSpan.FromSeconds(60));
        await process.WaitForExitAsync(patience.Token);
        return process.ExitCode;
    }

    public void Dispose()
    {
        if (!process.HasExited) process.Kill();
        process.Dispose();
    }
}
