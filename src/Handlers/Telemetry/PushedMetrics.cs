using System.Diagnostics.Metrics;

namespace Handlers;

/// <summary>A counter that is told of as it happens: to the meter, and to the tally where that is kept.</summary>
internal sealed class PushedCounter(Meter meter, MetricDefinition of)
{
    private readonly Counter<long> counter = meter.CreateCounter<long>(of.Name, of.Unit, of.Description);

    public Tally Tally { get; } = new(of);

    /// <summary>Whether somebody wants to know.</summary>
    public bool Enabled => counter.Enabled || Tally.IsKept;

    public void Add(int times, MetricLabels labels)
    {
        counter.Add(times, labels.Tags);
        Tally.Count(times, labels);
    }
}

/// <summary>The same of a histogram of seconds.</summary>
internal sealed class PushedDurations(Meter meter, MetricDefinition of)
{
    private readonly Histogram<double> histogram = meter.CreateHistogram(of.Name, of.Unit, of.Description, tags: null, new InstrumentAdvice<double> { HistogramBucketBoundaries = of.Advised });

    public Tally Tally { get; } = new(of);

    /// <summary>Whether somebody wants to know.</summary>
    public bool Enabled => histogram.Enabled || Tally.IsKept;

    /// <summary>Something took so long.</summary>
    /// <param name="seconds">How long.</param>
    /// <param name="labels">What.</param>
    /// <param name="standsFor">How many it stands for in the tally; the meter takes one value at a time, and is told of one.</param>
    public void Record(double seconds, MetricLabels labels, int standsFor = 1)
    {
        histogram.Record(seconds, labels.Tags);
        Tally.Add(seconds, standsFor, labels);
    }

    /// <summary>So many more took about as long, as is known of them; the meter is not told.</summary>
    public void StandFor(double seconds, MetricLabels labels, int times) => Tally.Add(seconds, times, labels);
}
