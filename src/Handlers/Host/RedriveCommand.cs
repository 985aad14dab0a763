using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers;

/// <summary>
/// The command <c>redrive</c> of an application. Its host is built but never started: no handler consumes. The last line on the output is
/// counted from what happened; everything else goes to the errors.
/// </summary>
internal sealed class RedriveCommand(IHost host, TextWriter output, TextWriter errors, bool isTerminal)
{
    public const string Name = "redrive";

    /// <summary>Exit codes.</summary>
    public const int Done = 0, Failed = 1, Misused = 2;

    public const string Help = """
        redrive TOPIC [options]
        Puts the dead letters of TOPIC back to the topics that they came from, with their own key, body and headers: all that
        are there now and were not put back before. Handlers do not run meanwhile in this process.

        EVERY group of an origin topic reads what is put back to it again, not only the group that failed.

          --to TOPIC         put them all to this topic
          --group GROUP      only letters of this group
          --handler HANDLER  only letters of this handler
          --since TIME       only letters since a time in ISO 8601, those that were put back before among them
          --limit N          put back at most N
          --dry-run          only count; nothing is published and no position moves
          --transport NAME   where TOPIC is, for topics that no handler here declares
          --read-as GROUP    the group whose position says how far TOPIC is put back. Default: handlers.redrive,
                             with --group, --handler and --since behind it: each filter has a position of its own
          --help             this

        Exit codes: 0 all put back, 1 an error, an interruption, or letters that do not say where they came from, 2 wrong arguments.
        """;

    public async Task<int> RunAsync(IReadOnlyList<string> arguments, CancellationToken stop)
    {
        var parsed = RedriveArguments.Parse(arguments);
        if (parsed.WantsHelp) await output.WriteLineAsync(Help);
        if (parsed.WantsHelp) return Done;
        if (parsed.Error is not { } wrong) return await RedriveAsync(parsed.Topic!, parsed.Options, stop);
        await errors.WriteLineAsync($"{Name}: {wrong} `{Name} --help` tells the rest.");
        return Misused;
    }

    private async Task<int> RedriveAsync(string topic, RedriveOptions options, CancellationToken stop)
    {
        using var interrupted = CancellationTokenSource.CreateLinkedTokenSource(stop);
        var runtime = host.Services.GetRequiredService<HandlersRuntime>();
        using var onInterrupt = runtime.OwnsProcess ? PosixSignalRegistration.Create(PosixSignal.SIGINT, Interrupt) : null;
        using var onTerminate = runtime.OwnsProcess ? PosixSignalRegistration.Create(PosixSignal.SIGTERM, Interrupt) : null;
        var line = new ProgressLine(isTerminal ? errors : TextWriter.Null, host.Services.GetRequiredService<TimeProvider>());
        var exitCode = Failed;
        string? trouble = null;
        try
        {
            var result = await host.Services.GetRequiredService<DeadLetters>().RedriveAsync(topic, options, line, interrupted.Token);
            if (result.WithoutOrigin == 0) exitCode = Done;
            else trouble = WithoutOrigin(topic, result);
        }
        catch (OperationCanceledException) when (interrupted.IsCancellationRequested)
        {
            trouble = "Interrupted. What was put back is committed; the next redrive goes on behind it.";
        }
        catch (Exception e) when (e is TransportException or HandlersConfigurationException)
        {
            trouble = e.Message;
        }

        await EndAsync(host); // what is logged to the output is there before the last line
        line.End();
        if (trouble is not null) await errors.WriteLineAsync($"{Name}: {trouble}");
        var (read, putBack, left, withoutOrigin, _) = line.Last;
        await output.WriteLineAsync(string.Create(CultureInfo.InvariantCulture,
            $"{(options.DryRun ? "dry run: " : "")}read {read} put back {putBack} left {left} without origin {withoutOrigin}"));
        return exitCode;

        void Interrupt(PosixSignalContext context)
        {
            context.Cancel = !interrupted.IsCancellationRequested; // the second one ends the process
            interrupted.Cancel();
        }
    }

    private static string WithoutOrigin(string topic, RedriveResult result)
    {
        var more = result.WithoutOrigin - result.WithoutOriginAt.Count;
        return string.Create(CultureInfo.InvariantCulture,
            $"{result.WithoutOrigin} of '{topic}' do not say which topic they came from (header {DeadLetterHeaders.Topic}) and stay where they are: {string.Join(", ", result.WithoutOriginAt)}{(more > 0 ? $" and {more} more" : "")}. The others are put back. --to TOPIC --read-as GROUP, with a group of any new name, puts all of them to a topic.");
    }

    /// <summary>Again, where it was before: nothing happens.</summary>
    public static async ValueTask EndAsync(IHost host)
    {
        if (host is IAsyncDisposable ended) await ended.DisposeAsync();
        else host.Dispose();
    }

    /// <summary>Counts, and shows them a few times a second on one line that is written over.</summary>
    private sealed class ProgressLine(TextWriter terminal, TimeProvider time) : IProgress<RedriveProgress>
    {
        private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(200);

        private readonly Lock gate = new();
        private RedriveProgress last; // guarded by gate, as all below
        private readonly TerminalLine line = new(terminal);
        private long? shownAt;

        public RedriveProgress Last
        {
            get
            {
                lock (gate) return last;
            }
        }

        public void Report(RedriveProgress value)
        {
            lock (gate)
            {
                if (value.Read < last.Read) return; // two lanes, the later count came first
                last = value;
                if (shownAt is { } at && time.GetElapsedTime(at) < Interval) return;
                shownAt = time.GetTimestamp();
                line.Show(string.Create(CultureInfo.InvariantCulture, $"read {value.Read} of {value.Read + value.ToRead}, put back {value.PutBack}"));
            }
        }

        public void End()
        {
            lock (gate) line.End();
        }
    }
}
