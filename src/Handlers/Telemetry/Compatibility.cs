using System.Diagnostics.Metrics;

namespace Handlers;

/// <summary>
/// The three metrics of baseplate's Kafka consumer, with its labels and buckets, whatever the transport: so that dashboards and alerts of its
/// users go on. A second meter, which an option turns on. Its counter and its gauge are read from what the runtime keeps anyway, so that a
/// message pays for neither.
/// </summary>
internal sealed class Compatibility : IDisposable
{
    private const string ClientName = "kafka_client_name";
    private const string Topic = "kafka_topic";
    private const string Success = "kafka_success";

    private readonly Meter meter;
    private readonly string clientName;
    private readonly PushedDurations processingTime;

    public Compatibility(Meter meter, string clientName, IReadings readings)
    {
        this.meter = meter;
        this.clientName = clientName;
        processingTime = new(meter, new("kafka_consumer_message_processing_time_seconds", MetricKind.Histogram, MetricDefinition.Seconds, "latency histogram of how long it takes to process a message", ClientName, Topic, Success)
        {
            Advised = DurationBounds.Baseplate,
        });
        Observed =
        [
            new(new("kafka_consumer_messages_processed_total", MetricKind.Counter, "{message}", "total count of messages processed by this host", ClientName, Topic, Success), Processed),
            new(new("kafka_consumer_active_messages", MetricKind.Gauge, "{message}", "gauge that reflects the number of messages currently being processed", ClientName, Topic), Active),
        ];
        foreach (var metric in Observed) Instruments.Observe(meter, metric, readings);
    }

    /// <summary>What is read.</summary>
    public IReadOnlyList<ObservedMetric> Observed { get; }

    /// <summary>What is told of as it happens.</summary>
    public Tally Tally => processingTime.Tally;

    /// <summary>Whether somebody wants to know how long calls take.</summary>
    public bool WantTimes => processingTime.Enabled;

    /// <summary>The labels of a topic's calls: of those that succeeded, and of the others.</summary>
    public (MetricLabels Succeeded, MetricLabels Failed) LabelsOf(string topic) =>
        (Labels(topic).With(TelemetryTags.Of(Success, "true")), Labels(topic).With(TelemetryTags.Of(Success, "false")));

    /// <summary>A call came to its outcome.</summary>
    /// <param name="seconds">How long it took.</param>
    /// <param name="labels">One of <see cref="LabelsOf"/>.</param>
    /// <param name="standsFor">How many calls it stands for.</param>
    public void Called(double seconds, MetricLabels labels, int standsFor) => processingTime.Record(seconds, labels, standsFor);

    /// <inheritdoc cref="PushedDurations.StandFor"/>
    public void StandFor(double seconds, MetricLabels labels, int times) => processingTime.StandFor(seconds, labels, times);

    public void Dispose() => meter.Dispose();

    private IEnumerable<Observation> Processed(IReadings readings) => readings.Handlers.SelectMany(static h => h.ByTopic).GroupBy(static t => t.Key, static t => t.Value).SelectMany(topic =>
    {
        var counts = topic.Aggregate(static (a, b) => a + b);
        var labels = LabelsOf(topic.Key);
        return (Observation[])[new(counts.Handled + counts.Skipped - counts.Unmatched, labels.Succeeded), new(counts.FailedCalls, labels.Failed)];
    });

    private IEnumerable<Observation> Active(IReadings readings) =>
        readings.Lanes.GroupBy(static l => l.Lane.Topic).Select(topic => new Observation(topic.Sum(static l => (long)l.InFlight), Labels(topic.Key)));

    private MetricLabels Labels(string topic) => new(TelemetryTags.Of(ClientName, clientName), TelemetryTags.Of(Topic, topic));
}
