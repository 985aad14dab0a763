using System.Collections.Concurrent;

namespace Handlers;

/// <summary>
/// The series of a metric that is told of as it happens, added up here for who reads them without a collector. Nothing is added
/// unless it <see cref="IsKept"/>. Any thread.
/// </summary>
internal sealed class Tally(MetricDefinition of)
{
    /// <summary>A topic's name may be made of anything by who publishes: what comes after so many series is one series.</summary>
    private const int MostSeries = 10_000;

    private static readonly MetricLabels Overflow = new(TelemetryTags.Of("otel.metric.overflow", "true"));

    private readonly double[] bounds = [.. of.Kept];
    private readonly ConcurrentDictionary<MetricLabels, Durations> series = new();
    private volatile bool isKept;
    private int count; // of series; a dictionary of this kind locks all of itself to count

    public MetricDefinition Definition => of;

    public bool IsKept
    {
        get => isKept;
        set => isKept = value;
    }

    /// <summary>So many more.</summary>
    public void Count(int times, MetricLabels labels)
    {
        if (isKept) Of(labels).Add(0, times);
    }

    /// <summary>So many took so long each.</summary>
    public void Add(double seconds, int times, MetricLabels labels)
    {
        if (isKept) Of(labels).Add(seconds, times);
    }

    /// <summary>Drops what is labelled so, and so with an error: the lane has ended. Whoever scrapes sees a counter that began anew.</summary>
    public void Forget(MetricLabels labels)
    {
        if (!isKept) return;
        foreach (var (known, _) in series)
            if (known.BeginWith(labels) && series.TryRemove(known, out _)) Interlocked.Decrement(ref count);
    }

    /// <summary>Every series as of now.</summary>
    public IEnumerable<MetricSeries> Read() => series.Select(s => s.Value.Read() is var read && of.Kind == MetricKind.Histogram
        ? new MetricSeries(s.Key.Text, read.Sum, read)
        : new MetricSeries(s.Key.Text, read.Count));

    private Durations Of(MetricLabels labels)
    {
        if (series.TryGetValue(labels, out var known)) return known;
        if (Volatile.Read(ref count) >= MostSeries) labels = Overflow;
        var added = new Durations(bounds);
        var kept = series.GetOrAdd(labels, added);
        if (kept == added) Interlocked.Increment(ref count);
        return kept;
    }
}
