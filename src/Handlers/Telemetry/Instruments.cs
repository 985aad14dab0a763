using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Handlers;

/// <summary>
/// Every instrument of the meter "Handlers", and the source of spans. One per host. Instruments that nobody listens to cost a look at a field;
/// observed ones read what the runtime keeps anyway, when they are asked. <see cref="MetricTable"/> says what each is.
/// </summary>
internal sealed class Instruments : IDisposable
{
    private readonly IMeterFactory? factory;
    private readonly Meter meter;
    private volatile Tally[] tallies;     // of the compatibility view too, once it is there
    private volatile IReadings? readings; // set once, at start

    /// <param name="factory">Makes the meter, where the application has one; it also disposes of it.</param>
    public Instruments(IMeterFactory? factory)
    {
        this.factory = factory;
        meter = MeterOf(factory, HandlersTelemetry.Name);
        ProcessDuration = new(meter, MetricTable.ProcessDuration);
        OperationDuration = new(meter, MetricTable.OperationDuration);
        Consumed = new(meter, MetricTable.Consumed);
        Sent = new(meter, MetricTable.Sent);
        Commits = new(meter, MetricTable.Commits);
        CommitFailures = new(meter, MetricTable.CommitFailures);
        CommitDuration = new(meter, MetricTable.CommitDuration);
        Latency = new(meter, MetricTable.Latency);
        tallies = [ProcessDuration.Tally, OperationDuration.Tally, Consumed.Tally, Sent.Tally, Commits.Tally, CommitFailures.Tally, CommitDuration.Tally, Latency.Tally];
    }

    public ActivitySource Source { get; } = new(HandlersTelemetry.Name, Version);

    public PushedDurations ProcessDuration { get; }

    public PushedDurations OperationDuration { get; }

    public PushedCounter Consumed { get; }

    public PushedCounter Sent { get; }

    public PushedCounter Commits { get; }

    public PushedCounter CommitFailures { get; }

    public PushedDurations CommitDuration { get; }

    public PushedDurations Latency { get; }

    /// <summary>The compatibility view; null: off. Set before any lane.</summary>
    public Compatibility? Compatibility { get; private set; }

    /// <summary>Whether what is told of as it happens is kept for <see cref="Read(bool)"/>. Set before the start; a benchmark, which compares, sets it later too.</summary>
    public bool IsKept
    {
        get;
        set
        {
            field = value;
            foreach (var tally in tallies) tally.IsKept = value;
        }
    }

    /// <summary>Whether somebody wants to know how long calls take.</summary>
    public bool WantTimes => ProcessDuration.Enabled || Latency.Enabled || Compatibility?.WantTimes == true;

    private static string? Version => typeof(Instruments).Assembly.GetName().Version?.ToString(3);

    /// <summary>A meter of ours. The factory's own scope tells hosts of one process apart.</summary>
    public static Meter MeterOf(IMeterFactory? factory, string name) =>
        factory?.Create(new MeterOptions(name) { Version = Version }) ?? new Meter(new MeterOptions(name) { Version = Version });

    /// <summary>Adds the instruments that are read. Called once, at start.</summary>
    /// <param name="from">Where they read from.</param>
    /// <param name="compatibleClient">The client's name of the compatibility view; null: no such view.</param>
    public void Observe(IReadings from, string? compatibleClient)
    {
        readings = from;
        foreach (var metric in MetricTable.Observed) Observe(meter, metric, from);
        if (compatibleClient is null) return;
        Compatibility = new Compatibility(MeterOf(factory, HandlersTelemetry.CompatibilityName), compatibleClient, from);
        tallies = [.. tallies, Compatibility.Tally];
        Compatibility.Tally.IsKept = IsKept;
    }

    /// <summary>The instrument of an observed metric.</summary>
    public static void Observe(Meter meter, ObservedMetric metric, IReadings readings)
    {
        var (name, kind, unit, description, _) = metric.Definition;
        if (kind == MetricKind.Counter) meter.CreateObservableCounter(name, Whole, unit, description);
        else if (unit == MetricDefinition.Seconds) meter.CreateObservableGauge(name, () => metric.Read(readings).Select(static o => new Measurement<double>(o.Value, o.Labels.Tags)), unit, description);
        else meter.CreateObservableGauge(name, Whole, unit, description);

        IEnumerable<Measurement<long>> Whole() => metric.Read(readings).Select(static o => new Measurement<long>((long)o.Value, o.Labels.Tags));
    }

    /// <summary>Every family that has a series, ordered by name. Any thread.</summary>
    /// <param name="endedLanes">As <see cref="Tally.Read"/> has it.</param>
    public IReadOnlyList<MetricFamily> Read(bool endedLanes = false)
    {
        var families = tallies.Select(t => Family(t.Definition) with { Series = t.Read(endedLanes) });
        if (readings is { } from)
        {
            var now = ReadingsOfNow.Of(from);
            families = families.Concat(MetricTable.Observed.Concat(Compatibility?.Observed ?? []).Select(metric => Merged(metric, now)));
        }

        return [.. families.Where(static f => f.Series.Count > 0).OrderBy(static f => f.Name, StringComparer.Ordinal)];
    }

    public void Dispose()
    {
        meter.Dispose();
        Compatibility?.Dispose();
        Source.Dispose();
    }

    /// <summary>One of these families, and nothing of the others is read; null where it has no series.</summary>
    public MetricFamily? Read(string name)
    {
        if (tallies.FirstOrDefault(t => t.Definition.Name == name) is { } tally) return tally.Read() is { Count: > 0 } told ? Family(tally.Definition) with { Series = told } : null;
        if (readings is not { } from || MetricTable.Observed.Concat(Compatibility?.Observed ?? []).FirstOrDefault(m => m.Definition.Name == name) is not { } metric) return null;
        return Merged(metric, ReadingsOfNow.Of(from)) is { Series.Count: > 0 } family ? family : null;
    }

    /// <summary>Two series with the same labels are of two brokers of one kind.</summary>
    private static MetricFamily Merged(ObservedMetric metric, ReadingsOfNow now)
    {
        var family = Family(metric.Definition);
        var series = new Dictionary<MetricLabels, double>();
        foreach (var (value, labels) in metric.Read(now)) series[labels] = series.TryGetValue(labels, out var other) ? family.Merge(value, other) : value;
        return family with { Series = [.. series.Select(static s => new MetricSeries(s.Key.Text, s.Value))] };
    }

    private static MetricFamily Family(MetricDefinition of) => new(of.Name, of.Unit, of.Description, of.Kind, []);
}
