namespace Handlers;

/// <summary>One instrument and all its series, as of one moment.</summary>
/// <param name="Name">Its name, in OpenTelemetry's form: <c>messaging.process.duration</c>.</param>
/// <param name="Unit">Its unit (UCUM): <c>s</c>, <c>{message}</c>.</param>
/// <param name="Description">What it says.</param>
/// <param name="Kind">What kind it is.</param>
/// <param name="Series">One for each set of labels.</param>
public sealed record MetricFamily(string Name, string Unit, string Description, MetricKind Kind, IReadOnlyList<MetricSeries> Series)
{
    /// <summary>Of two values that become one series, as the labels are the same or one is left out: a gauge of ages or positions is the larger, all else is added.</summary>
    public double Merge(double a, double b) => Kind == MetricKind.Gauge && Unit is MetricDefinition.Seconds or MetricDefinition.Position ? Math.Max(a, b) : a + b;
}

/// <summary>One set of labels of a family.</summary>
/// <param name="Labels">The labels, each name once.</param>
/// <param name="Value">Of a counter or gauge: its value. Of a histogram: the sum of what was observed, in the family's unit.</param>
/// <param name="Buckets">Of a histogram: its counts. Null for others.</param>
public sealed record MetricSeries(IReadOnlyList<KeyValuePair<string, string>> Labels, double Value, DurationsSnapshot? Buckets = null);

/// <summary>The kinds of a <see cref="MetricFamily"/>.</summary>
public enum MetricKind
{
    /// <summary>A sum that only grows while the process lives.</summary>
    Counter,

    /// <summary>A value that goes up and down.</summary>
    Gauge,

    /// <summary>A distribution.</summary>
    Histogram,
}

/// <summary>A distribution of lengths of time.</summary>
/// <param name="Bounds">The upper bounds of the buckets, in seconds, ascending; each bound belongs to the bucket below it. The last bucket has none.</param>
/// <param name="Counts">How many are in each bucket, not added up: one more than there are bounds.</param>
/// <param name="Sum">All of them together, in seconds.</param>
public sealed record DurationsSnapshot(IReadOnlyList<double> Bounds, IReadOnlyList<long> Counts, double Sum)
{
    /// <summary>How many there are.</summary>
    public long Count => Counts.Sum();
}
