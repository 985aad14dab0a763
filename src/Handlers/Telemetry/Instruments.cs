using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Handlers;

/// <summary>
/// Every instrument of the meter "Handlers", and the source of spans. One per host. Instruments that nobody listens to cost a look at a field;
/// observable ones read what the runtime keeps anyway, when they are asked.
/// </summary>
internal sealed class Instruments : IDisposable
{
    private static readonly InstrumentAdvice<double> Durations = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10], // what the conventions advise
    };

    private static readonly InstrumentAdvice<double> Ages = new()
    {
        HistogramBucketBoundaries = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400],
    };

    private readonly IMeterFactory? factory;
    private readonly Meter meter;
    private ObservableGauge<int>? inFlight;

    /// <param name="factory">Makes the meter, where the application has one; it also disposes of it.</param>
    public Instruments(IMeterFactory? factory)
    {
        this.factory = factory;
        meter = MeterOf(factory, HandlersTelemetry.Name);
        ProcessDuration = meter.CreateHistogram("messaging.process.duration", "s", "Duration of one call of a handler, from unpacking to its outcome.", tags: null, Durations);
        OperationDuration = meter.CreateHistogram("messaging.client.operation.duration", "s", "Duration of a read, a commit or a send.", tags: null, Durations);
        Consumed = meter.CreateCounter<long>("messaging.client.consumed.messages", "{message}", "Messages handed out by lanes.");
        Sent = meter.CreateCounter<long>("messaging.client.sent.messages", "{message}", "Messages that were to be published, with error.type where that failed.");
        Commits = meter.CreateCounter<long>("handlers.commits", "{commit}", "Times that positions of a group became durable.");
        CommitFailures = meter.CreateCounter<long>("handlers.commit.failures", "{attempt}", "Attempts to make positions durable that failed.");
        CommitDuration = meter.CreateHistogram("handlers.commit.duration", "s", "How long positions took to become durable, attempts and pauses together.", tags: null, Durations);
        Latency = meter.CreateHistogram("handlers.message.latency", "s", "From a message's beginning to its handler's call, of messages that were handled.", tags: null, Ages);
    }

    public ActivitySource Source { get; } = new(HandlersTelemetry.Name, Version);

    public Histogram<double> ProcessDuration { get; }

    public Histogram<double> OperationDuration { get; }

    public Counter<long> Consumed { get; }

    public Counter<long> Sent { get; }

    public Counter<long> Commits { get; }

    public Counter<long> CommitFailures { get; }

    public Histogram<double> CommitDuration { get; }

    public Histogram<double> Latency { get; }

    /// <summary>The compatibility view; null: off. Set before any lane.</summary>
    public Compatibility? Compatibility { get; private set; }

    /// <summary>Whether somebody wants to know of single calls.</summary>
    public bool WantCalls => ProcessDuration.Enabled || Source.HasListeners() || Latency.Enabled || inFlight?.Enabled == true || Compatibility?.WantCalls == true;

    private static string? Version => typeof(Instruments).Assembly.GetName().Version?.ToString(3);

    /// <summary>A meter of ours. The factory's own scope tells hosts of one process apart.</summary>
    public static Meter MeterOf(IMeterFactory? factory, string name) =>
        factory?.Create(new MeterOptions(name) { Version = Version }) ?? new Meter(new MeterOptions(name) { Version = Version });

    /// <summary>Adds the instruments that are read. Called once, at start.</summary>
    /// <param name="readings">Where they read from.</param>
    /// <param name="compatibleClient">The client's name of the compatibility view; null: no such view.</param>
    public void Observe(IReadings readings, string? compatibleClient)
    {
        if (compatibleClient is not null) Compatibility = new Compatibility(factory, compatibleClient, readings);
        meter.CreateObservableGauge("handlers.lanes", () => readings.Topics.Select(t => Of(t.Lanes, t.System, t.Topic, t.Group)), "{lane}", "Lanes that are this process's now.");
        meter.CreateObservableGauge(
            "handlers.poll.age",
            () => readings.Groups.Where(static g => g.PollAge is not null).Select(static g => new Measurement<double>(
                g.PollAge!.Value.TotalSeconds, TelemetryTags.Of(TelemetryTags.MessagingSystem, g.System), TelemetryTags.Of(TelemetryTags.Group, g.Group))),
            "s", "How long ago the transport polled for the group, where it polls.");
        meter.CreateObservableCounter(
            "handlers.restarts",
            () => readings.Groups.Select(static g => new Measurement<long>(g.Restarts, TelemetryTags.Of(TelemetryTags.MessagingSystem, g.System), TelemetryTags.Of(TelemetryTags.Group, g.Group))),
            "{restart}", "Times that the subscription of a group began again because a handler asked for it.");
        inFlight = Lane("handlers.lane.in_flight", "{message}", "Messages whose handler is called now.", static l => (int?)l.InFlight);
        Lane("handlers.lane.uncommitted", "{message}", "Messages that are received and not below the watermark.", static l => (int?)l.Uncommitted);
        Lane("handlers.lane.oldest.age", "s", "How long the lane's oldest message has been without an outcome.", static l => (double?)l.OldestAge.TotalSeconds);
        Lane("handlers.lane.lag", "{message}", "Messages behind the lane's end that are not read yet, where the broker tells.", static l => l.State.LagMessages);
        Lane("handlers.lane.lag.time", "s", "How far the last message read is behind the lane's end, where the broker tells.", static l => l.State.LagTime?.TotalSeconds);
        Lane("handlers.lane.watermark", "{position}", "The watermark: the last position that is handled with all before it. Not of lanes whose positions are no plain numbers.", static l => l.Watermark is { Sequence: null } at ? at.Number : default(long?));
        Counter("handlers.messages.handled", "Messages whose handler returned.", static c => c.Handled);
        Counter("handlers.messages.failed", "Messages whose handler threw or ran out of time, whatever the policy made of it.", static c => c.Failed);
        Counter("handlers.messages.invalid", "Messages that could not be unpacked, or lacked what the handler requires.", static c => c.Invalid);
        Counter("handlers.messages.skipped", "Messages that were not for a handler: of a type that none takes, or passed over by middleware.", static c => c.Skipped);
        Counter("handlers.messages.deferred", "Messages published to a retry topic.", static c => c.Deferred);
        Counter("handlers.messages.dead_lettered", "Messages published to the dead letters.", static c => c.DeadLettered);
        Counter("handlers.messages.late", "Outcomes that came after their lane had been handed over or given up.", static c => c.Late);
        Counter("handlers.retries", "Calls again after a failed one.", static c => c.Retried, "{call}");

        ObservableGauge<T> Lane<T>(string name, string unit, string description, Func<LaneReading, T?> read) where T : struct => meter.CreateObservableGauge(
            name, () => readings.Lanes.Select(l => (Lane: l, Value: read(l))).Where(static r => r.Value is not null)
                .Select(static r => Of(r.Value!.Value, r.Lane.System, r.Lane.Lane.Topic, r.Lane.Group, TelemetryTags.Of(TelemetryTags.Partition, r.Lane.Lane.Partition))), unit, description);

        void Counter(string name, string description, Func<HandlerCounts, long> read, string unit = "{message}") => meter.CreateObservableCounter(
            name, () => readings.Handlers.Select(h => Of(read(h.Counts), h.System, h.Topic, h.Group, TelemetryTags.Of(TelemetryTags.Handler, h.Handler))), unit, description);
    }

    public void Dispose()
    {
        meter.Dispose();
        Compatibility?.Dispose();
        Source.Dispose();
    }

    private static Measurement<T> Of<T>(T value, string system, string topic, string group, params KeyValuePair<string, object?>[] more) where T : struct => new(
        value,
        [
            TelemetryTags.Of(TelemetryTags.MessagingSystem, system), TelemetryTags.Of(TelemetryTags.Destination, topic),
            TelemetryTags.Of(TelemetryTags.Group, group), .. more,
        ]);
}
