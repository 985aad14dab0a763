using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>Dead letters that are put back, in the background: one run a topic at a time, each with how far it is.</summary>
internal sealed class Redrives(DeadLetters letters, ILogger logger, CancellationToken stopping)
{
    private static readonly TimeSpan LongestCount = TimeSpan.FromSeconds(10);

    private readonly Lock gate = new();
    private readonly Dictionary<string, Run> runs = new(StringComparer.Ordinal); // guarded by gate: the last of each topic

    /// <summary>The question has how many there are, which a dry run counts.</summary>
    public async Task<Steer> PlanAsync(ControlRequest request, bool ask, CancellationToken stop)
    {
        if (request.Topic is not { } topic) throw new SteerException(400, "'topic' names the topic with the dead letters.");
        if (request.Limit < 1) throw new SteerException(400, "'limit' is 1 or more.");
        if (IsRunning(topic)) throw new SteerException(409, $"Dead letters of {topic} are being put back already.");
        var options = new RedriveOptions { Handler = request.Handler, Since = request.Since, Limit = request.Limit };
        var asks = "";
        if (ask)
        {
            var (count, isAll) = await CountAsync(topic, options with { DryRun = true }, stop);
            if (count == 0 && isAll) throw new SteerException(409, $"{topic} has no dead letters to put back{(request.Handler is null ? "" : $" of {request.Handler}")}.");
            asks = string.Create(CultureInfo.InvariantCulture, $"Put {(isAll ? "" : "at least ")}{count:N0} dead letter{(count == 1 ? "" : "s")} of {topic} back, each to the topic that it came from? Every group of that topic reads them again, not only the one that failed.");
        }

        return new Steer(asks, _ => Task.FromResult(Start(topic, options)));
    }

    /// <summary>Ends a run in order. False: none is under way.</summary>
    public bool Stop(string topic)
    {
        lock (gate)
        {
            if (!runs.TryGetValue(topic, out var run) || run.Ended is not null) return false;
            _ = run.Stop.CancelAsync(); // those who listen run elsewhere, not under the lock
            return true;
        }
    }

    /// <summary>All runs of this process, for the first screen.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteStartArray("redrives");
        lock (gate)
        {
            foreach (var (topic, run) in runs)
            {
                json.WriteStartObject();
                json.WriteString("topic", topic);
                json.WriteBoolean("running", run.Ended is null);
                json.WriteNumber("read", run.Progress.Read);
                json.WriteNumber("putBack", run.Progress.PutBack);
                json.WriteNumber("left", run.Progress.Left + run.Progress.WithoutOrigin);
                json.WriteNumber("toRead", run.Progress.ToRead);
                json.WriteString("text", run.Ended);
                json.WriteEndObject();
            }
        }

        json.WriteEndArray();
    }

    private bool IsRunning(string topic)
    {
        lock (gate) return runs.TryGetValue(topic, out var run) && run.Ended is null;
    }

    private async Task<(long Count, bool IsAll)> CountAsync(string topic, RedriveOptions dry, CancellationToken stop)
    {
        using var over = CancellationTokenSource.CreateLinkedTokenSource(stop, stopping);
        over.CancelAfter(LongestCount);
        var progress = new Latest();
        try
        {
            return ((await letters.RedriveAsync(topic, dry, progress, over.Token)).PutBack, true);
        }
        catch (OperationCanceledException) when (!stop.IsCancellationRequested && !stopping.IsCancellationRequested)
        {
            return (progress.Last.PutBack, false);
        }
    }

    private string Start(string topic, RedriveOptions options)
    {
        var run = new Run(CancellationTokenSource.CreateLinkedTokenSource(stopping));
        lock (gate)
        {
            if (runs.TryGetValue(topic, out var other) && other.Ended is null) throw new SteerException(409, $"Dead letters of {topic} are being put back already.");
            runs[topic] = run;
        }

        _ = RunAsync(topic, options, run);
        return $"Dead letters of {topic} are being put back.";
    }

    private static string Said(RedriveResult result) =>
        Counted(result.PutBack, " put back") + (result.Left > 0 ? Counted(result.Left, " left by the filter", ", ") : "") + (result.WithoutOrigin > 0 ? Counted(result.WithoutOrigin, " left that do not say where they came from", ", ") : "") + ".";

    private static string Counted(long count, string what, string before = "") => string.Create(CultureInfo.InvariantCulture, $"{before}{count:N0}{what}");

    private async Task RunAsync(string topic, RedriveOptions options, Run run)
    {
        string ended;
        try
        {
            var result = await letters.RedriveAsync(topic, options, run, run.Stop.Token);
            ended = Said(result);
        }
        catch (OperationCanceledException) when (run.Stop.IsCancellationRequested)
        {
            ended = "Stopped; what was put back is committed.";
        }
        catch (Exception e)
        {
            logger.RedriveFailed(e, topic);
            ended = e.Message;
        }

        lock (gate)
        {
            run.Ended = ended;
            run.Stop.Dispose();
        }
    }

    /// <summary>One of them. Progress comes from any thread, and only the newest is of interest.</summary>
    private sealed class Run(CancellationTokenSource stop) : IProgress<RedriveProgress>
    {
        private readonly Latest latest = new();

        public CancellationTokenSource Stop { get; } = stop;

        public RedriveProgress Progress => latest.Last;

        /// <summary>How it ended; null while it runs.</summary>
        public string? Ended { get; set; }

        public void Report(RedriveProgress value) => latest.Report(value);
    }

    private sealed class Latest : IProgress<RedriveProgress>
    {
        private readonly Lock gate = new();
        private RedriveProgress last; // guarded by gate

        public RedriveProgress Last
        {
            get
            {
                lock (gate) return last;
            }
        }

        public void Report(RedriveProgress value)
        {
            lock (gate) last = value;
        }
    }
}
