namespace Handlers;

/// <summary>What a metric is, for the meter and for who reads it: made once, so that the two cannot differ.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Kind">What kind it is.</param>
/// <param name="Unit">Its unit (UCUM). What is in seconds is a fraction, all else is whole.</param>
/// <param name="Description">What it says.</param>
/// <param name="Labels">Every label that a series of it may have.</param>
internal sealed record MetricDefinition(string Name, MetricKind Kind, string Unit, string Description, params IReadOnlyList<string> Labels)
{
    public const string Seconds = "s";
    public const string Position = "{position}";

    /// <summary>Of a histogram: the buckets that the meter advises.</summary>
    public IReadOnlyList<double> Advised { get; init; } = [];

    /// <summary>Of a histogram: the buckets that are kept for who reads; the advised ones unless it has finer ones.</summary>
    public IReadOnlyList<double> Kept { get => field ?? Advised; init; }
}

/// <summary>A metric that is read from what the runtime keeps anyway.</summary>
/// <param name="Definition">What it is.</param>
/// <param name="Read">Its series as of now.</param>
internal sealed record ObservedMetric(MetricDefinition Definition, Func<IReadings, IEnumerable<Observation>> Read);

/// <summary>One series of an observed metric.</summary>
internal readonly record struct Observation(double Value, MetricLabels Labels);
