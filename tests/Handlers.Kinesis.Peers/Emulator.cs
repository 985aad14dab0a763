using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text;
using Handlers.Peers;

namespace Handlers.Kinesis.Peers;

/// <summary>
/// A server of somebody else's, as a process on 127.0.0.1 with everything in memory. It ends with <see cref="DisposeAsync"/>, or with the process that
/// started it, however that ends. It takes any credentials; requests must be signed all the same.
/// </summary>
public abstract class Emulator : IAsyncDisposable
{
    /// <summary>What clients sign with. kinesis-local keeps streams apart by region, and by an access key of twelve digits: use these.</summary>
    public const string Region = "us-east-1";

    public const string AccessKey = "test";

    public const string SecretKey = "test";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    private readonly StringBuilder errors = new();
    private readonly Process process;

    private protected Emulator(Process process)
    {
        this.process = process;
        process.ErrorDataReceived += (_, line) =>
        {
            lock (errors) errors.AppendLine(line.Data);
        };
        process.BeginErrorReadLine();
    }

    /// <summary>Why the emulators cannot run here, or null. For a test's skip.</summary>
    public static string? Missing { get; } = NodeProgram.Missing(Folder, "The emulators of Kinesis and DynamoDB", "kinesis-local", "kinesalite", "dynalite");

    /// <summary>The address, as clients take it: http://127.0.0.1:PORT.</summary>
    public string Endpoint { get; private set; } = "";

    /// <summary>The process, for tests that suspend or kill it.</summary>
    public int ProcessId => process.Id;

    /// <summary>What it wrote to stderr.</summary>
    public string Errors
    {
        get
        {
            lock (errors) return errors.ToString();
        }
    }

    internal static string Folder => typeof(Emulator).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "KinesisNode").Value!;

    /// <summary>Ends the emulator's input, and with it the emulator.</summary>
    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        process.StandardInput.Close();
        using var patience = new CancellationTokenSource(Patience);
        try
        {
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill(entireProcessTree: true);
        }
        process.Dispose();
    }

    private protected static Process Begin(string name, IEnumerable<string> options, params IEnumerable<(string Name, string Value)> settings)
    {
        var start = new ProcessStartInfo(NodeProgram.Name, [Path.Combine(Folder, "emulator.mjs"), name, .. options]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        foreach (var (key, value) in settings) start.Environment[key] = value;
        return Process.Start(start)!;
    }

    private protected static string Milliseconds(TimeSpan time) => ((int)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);

    /// <summary>Waits until it answers.</summary>
    /// <exception cref="InvalidOperationException">It does not start; it says why.</exception>
    private protected async Task ReadyAsync(CancellationToken stop)
    {
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(stop);
        patience.CancelAfter(Patience);
        try
        {
            while (await process.StandardOutput.ReadLineAsync(patience.Token) is var line and not "ready")
            {
                if (line is null) throw new InvalidOperationException($"The emulator ended: {Errors}");
                if (line.Split(' ') is [var kind, var port]) Listens(kind, port);
            }
        }
        catch (Exception e)
        {
            await DisposeAsync();
            if (e is OperationCanceledException && !stop.IsCancellationRequested) throw new InvalidOperationException($"The emulator has not started after {Patience.TotalSeconds:0} s: {Errors}", e);
            throw;
        }
    }

    private protected virtual void Listens(string kind, string port)
    {
        if (kind == "plain") Endpoint = $"http://127.0.0.1:{port}";
    }
}
