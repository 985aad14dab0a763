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
    private readonly Lock gate = new(); // while a series becomes one of ended lanes, and where both kinds are read: nothing is in neither or in both
    private readonly Dictionary<MetricLabels, Durations> ended = []; // guarded by gate: of lanes that have ended, without their partition
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
        if (isKept) AddTo(Of(labels), 0, times);
    }

    /// <summary>So many took so long each.</summary>
    public void Add(double seconds, int times, MetricLabels labels)
    {
        if (isKept) AddTo(Of(labels), seconds, times);
    }

    /// <summary>
    /// Drops what is labelled so, and so with an error: the lane has ended. Where it comes back, its counters begin anew. What they had stays in
    /// what is added up over lanes.
    /// </summary>
    public void Forget(MetricLabels labels)
    {
        if (!isKept) return;
        lock (gate)
        {
            foreach (var (known, _) in series)
            {
                if (!known.BeginWith(labels) || !series.TryRemove(known, out var last)) continue;
                Interlocked.Decrement(ref count);
                last.MovesTo = Ended(known.Without(TelemetryTags.Partition));
                last.Move();
            }
        }
    }

    /// <summary>Every series as of now.</summary>
    /// <param name="endedLanes">With what lanes counted that have ended, without their partition: for who adds up lanes, so that a counter only grows.</param>
    public IReadOnlyList<MetricSeries> Read(bool endedLanes = false)
    {
        lock (gate) return [.. (endedLanes ? series.Concat(ended) : series).Select(s => Series(s.Key, s.Value.Read()))];
    }

    /// <summary>One that ended after it was found takes what came to it where the rest of it went.</summary>
    private void AddTo(Durations one, double seconds, int times)
    {
        one.Add(seconds, times);
        if (one.MovesTo is null) return;
        lock (gate) one.Move();
    }

    private MetricSeries Series(MetricLabels labels, DurationsSnapshot read) =>
        of.Kind == MetricKind.Histogram ? new MetricSeries(labels.Text, read.Sum, read) : new MetricSeries(labels.Text, read.Count);

    private Durations Ended(MetricLabels labels)
    {
        if (ended.Count >= MostSeries && !ended.ContainsKey(labels)) labels = Overflow;
        if (!ended.TryGetValue(labels, out var all)) ended.Add(labels, all = new Durations(bounds));
        return all;
    }

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
