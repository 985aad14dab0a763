using System.Collections.Concurrent;
using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Handlers.Tests;

/// <summary>Listens to spans and metrics of the process: so its tests run beside no others.</summary>
internal sealed class Heard : IDisposable
{
    private readonly MeterListener meters = new();
    private readonly ActivityListener activities;

    public Heard(bool metrics = true, bool traces = true)
    {
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (!metrics || instrument.Meter.Name is not (HandlersTelemetry.Name or HandlersTelemetry.CompatibilityName)) return;
            Instruments[instrument.Name] = instrument;
            listener.EnableMeasurementEvents(instrument);
        };
        meters.SetMeasurementEventCallback<long>((i, value, tags, _) => Add(i, value, tags));
        meters.SetMeasurementEventCallback<int>((i, value, tags, _) => Add(i, value, tags));
        meters.SetMeasurementEventCallback<double>((i, value, tags, _) => Add(i, value, tags));
        meters.Start();
        activities = new ActivityListener
        {
            ShouldListenTo = source => traces && source.Name == HandlersTelemetry.Name,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = Spans.Enqueue,
        };
        ActivitySource.AddActivityListener(activities);
    }

    public ConcurrentDictionary<string, Instrument> Instruments { get; } = new();

    public ConcurrentQueue<Measured> Measurements { get; } = new();

    public ConcurrentQueue<Activity> Spans { get; } = new();

    public IEnumerable<Measured> Of(string instrument) => Measurements.Where(m => m.Name == instrument);

    public IEnumerable<Activity> SpansOf(string name) => Spans.Where(s => s.OperationName == name);

    /// <summary>What the gauges and observable counters show now, in place of what they showed before.</summary>
    public void Look()
    {
        var written = Measurements.Where(m => !Instruments[m.Name].IsObservable).ToList();
        Measurements.Clear();
        foreach (var measurement in written) Measurements.Enqueue(measurement);
        meters.RecordObservableInstruments();
    }

    public void Dispose()
    {
        meters.Dispose();
        activities.Dispose();
    }

    private void Add(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags) =>
        Measurements.Enqueue(new Measured(instrument.Name, value, tags.ToArray().ToDictionary(t => t.Key, t => t.Value?.ToString())));

    internal sealed record Measured(string Name, double Value, IReadOnlyDictionary<string, string?> Tags)
    {
        public string Labels => string.Join(' ', Tags.OrderBy(t => t.Key, StringComparer.Ordinal).Select(t => $"{t.Key}={t.Value}"));
    }
}

/// <summary>Whoever listens, listens to every host of the process.</summary>
[CollectionDefinition(Name, DisableParallelization = true)]
public sealed class TelemetryTests
{
    public const string Name = "telemetry";
}
