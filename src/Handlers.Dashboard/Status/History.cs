using Microsoft.Extensions.Logging;

namespace Handlers.Dashboard;

/// <summary>The last five minutes of each handler, a point each two seconds, for charts. Nothing of single lanes.</summary>
internal sealed class History : IDisposable
{
    public const int Points = 150;
    public static readonly TimeSpan Step = TimeSpan.FromSeconds(2);

    private readonly HandlersStatus status;
    private readonly CallDurations durations;
    private readonly TimeProvider time;
    private readonly ILogger logger;
    private readonly Lock gate = new();
    private readonly Dictionary<string, Line> lines = new(StringComparer.Ordinal); // guarded by gate, as all below
    private readonly ITimer timer;
    private long taken; // how many points there were in all
    private long lastAt;
    private int taking; // 1: a point is being taken; a timer does not wait for the call before

    public History(HandlersStatus status, HandlersMetrics metrics, TimeProvider time, ILogger logger)
    {
        this.status = status;
        this.time = time;
        this.logger = logger;
        durations = new CallDurations(metrics);
        lastAt = time.GetTimestamp();
        timer = time.CreateTimer(static self => ((History)self!).Take(), this, Step, Step);
    }

    /// <summary>The points behind a number that an answer before had (0: all there are), with the number of the last.</summary>
    public (long Last, IReadOnlyDictionary<string, IReadOnlyList<Point>> Series) Read(long after)
    {
        lock (gate)
        {
            var most = (int)Math.Clamp(taken - after, 0, Points);
            return (taken, lines.ToDictionary(static l => l.Key, l => l.Value.Last(most), StringComparer.Ordinal));
        }
    }

    /// <summary>The newest point of a handler; null before the first.</summary>
    public Point? Newest(string handler)
    {
        lock (gate) return lines.TryGetValue(handler, out var line) && line.Last(1) is [var newest] ? newest : null;
    }

    public void Dispose() => timer.Dispose();

    /// <summary>On the timer. What cannot be read now is a point less, and no end of the process.</summary>
    private void Take()
    {
        if (Interlocked.Exchange(ref taking, 1) == 1) return;
        try
        {
            var handlers = status.Handlers;
            var calls = durations.SinceLast();
            lock (gate)
            {
                var now = time.GetTimestamp();
                var seconds = Math.Max(0.001, time.GetElapsedTime(lastAt, now).TotalSeconds);
                lastAt = now;
                taken++;
                foreach (var handler in handlers.DistinctBy(static h => h.Name))
                {
                    if (!lines.TryGetValue(handler.Name, out var line)) lines.Add(handler.Name, line = new Line());
                    line.Add(handler, calls.GetValueOrDefault(handler.Name), seconds);
                }
            }
        }
        catch (Exception e)
        {
            logger.NoPoint(e);
        }
        finally
        {
            Volatile.Write(ref taking, 0);
        }
    }

    /// <summary>A ring of points.</summary>
    private sealed class Line
    {
        private readonly Point[] ring = new Point[Points];
        private HandlerCounts? before;
        private int count;
        private int next;

        public void Add(HandlerStatus handler, (double? P50, double? P99) calls, double seconds)
        {
            var last = before ?? handler.Counts; // what was before the first look is no rate
            before = handler.Counts;
            ring[next] = new Point(
                Math.Max(0, handler.Counts.Handled - last.Handled) / seconds,
                Math.Max(0, handler.Counts.Failed + handler.Counts.Invalid - last.Failed - last.Invalid) / seconds,
                calls.P50, calls.P99,
                Lanes.Lag(handler),
                handler.Lanes.Count == 0 ? 0 : handler.Lanes.Max(static l => l.OldestAge.TotalSeconds));
            next = (next + 1) % Points;
            count = Math.Min(count + 1, Points);
        }

        public IReadOnlyList<Point> Last(int most)
        {
            var n = Math.Min(most, count);
            return [.. Enumerable.Range(0, n).Select(i => ring[(next - n + i + Points) % Points])];
        }
    }
}

/// <summary>Two seconds of a handler.</summary>
/// <param name="Rate">Messages handled, a second.</param>
/// <param name="Failed">Messages that were invalid or whose handler failed, a second.</param>
/// <param name="P50">Half of its calls took no longer, in seconds; null where there was none.</param>
/// <param name="P99">99 of 100 of its calls took no longer, in seconds; null where there was none.</param>
/// <param name="Lag">Messages that are not read yet; null where the broker does not tell.</param>
/// <param name="Oldest">How long the oldest message of its lanes has been without an outcome, in seconds.</param>
internal readonly record struct Point(double Rate, double Failed, double? P50, double? P99, long? Lag, double Oldest);
