using System.Diagnostics.Metrics;

namespace Handlers;

/// <summary>
/// The three metrics of baseplate's Kafka consumer, with its labels and buckets, whatever the transport: so that dashboards and alerts of its
/// users go on. A second meter, which an option turns on.
/// </summary>
internal sealed class Compatibility : IDisposable
{
    private const string ClientName = "kafka_client_name";
    private const string Topic = "kafka_topic";
    private const string Success = "kafka_success";

    private static readonly InstrumentAdvice<double> Buckets = new()
    {
        HistogramBucketBoundaries = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 30],
    };

    private readonly Meter meter;
    private readonly string clientName;
    private readonly Histogram<double> processingTime;
    private readonly Counter<long> processed;
    private readonly ObservableGauge<long> active;

    public Compatibility(IMeterFactory? factory, string clientName, IReadings readings)
    {
        this.clientName = clientName;
        meter = Instruments.MeterOf(factory, HandlersTelemetry.CompatibilityName);
        processingTime = meter.CreateHistogram("kafka_consumer_message_processing_time_seconds", "s", "latency histogram of how long it takes to process a message", tags: null, Buckets);
        processed = meter.CreateCounter<long>("kafka_consumer_messages_processed_total", "{message}", "total count of messages processed by this host");
        active = meter.CreateObservableGauge(
            "kafka_consumer_active_messages",
            () => readings.Lanes.GroupBy(static l => l.Lane.Topic).Select(topic => new Measurement<long>(topic.Sum(static l => (long)l.InFlight), Tags(topic.Key))),
            "{message}", "gauge that reflects the number of messages currently being processed");
    }

    /// <summary>Whether somebody wants to know of single calls.</summary>
    public bool WantCalls => processingTime.Enabled || processed.Enabled || active.Enabled;

    /// <summary>The labels of a topic's calls: of those that succeeded, and of the others.</summary>
    public (KeyValuePair<string, object?>[] Succeeded, KeyValuePair<string, object?>[] Failed) TagsOf(string topic) =>
        ([.. Tags(topic), TelemetryTags.Of(Success, "true")], [.. Tags(topic), TelemetryTags.Of(Success, "false")]);

    /// <summary>A call came to its outcome.</summary>
    /// <param name="tags">One of <see cref="TagsOf"/>.</param>
    /// <param name="seconds">How long it took.</param>
    /// <param name="messages">How many messages it was for.</param>
    public void Called(KeyValuePair<string, object?>[] tags, double seconds, int messages)
    {
        if (messages == 0) return;
        processingTime.Record(seconds, tags);
        processed.Add(messages, tags);
    }

    public void Dispose() => meter.Dispose();

    private KeyValuePair<string, object?>[] Tags(string topic) => [TelemetryTags.Of(ClientName, clientName), TelemetryTags.Of(Topic, topic)];
}
