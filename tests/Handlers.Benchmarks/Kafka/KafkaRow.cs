using Handlers.Kafka;

namespace Handlers.Benchmarks;

/// <summary>The rows of the table of Kafka. <see cref="C"/> is run by another program.</summary>
internal static class KafkaRow
{
    public static readonly BenchRow Json = new("ours, JSON, at least once", "json", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading"));
    public static readonly BenchRow JsonByConsume = new("ours, JSON, at least once, Reads = Consume", "json-consume", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading", KafkaReads.Consume));
    public static readonly BenchRow JsonMetered = new("ours, JSON, at least once, OpenTelemetry metrics", "json-metrics", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading", observed: static () => new Observed(traces: false)));
    public static readonly BenchRow JsonTraced = new("ours, JSON, at least once, OpenTelemetry metrics and traces", "json-traces", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnReading", observed: static () => new Observed(traces: true)));
    public static readonly BenchRow Bytes = new("ours, bytes, at least once", "bytes", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnBytes"));
    public static readonly BenchRow Each = new("ours, JSON, EachMessage", "each", (r, group) => OurPass.RunAsync(r, group, "KafkaHandlers.OnEach"));
    public static readonly BenchRow HandJson = new("by hand, JSON, StoreOffset, auto commit", "hand-json", (r, group) => HandPass.StoreAsync(r, group, tuned: true));
    public static readonly BenchRow HandStock = new("by hand, the same, the client's own fetch settings", "hand-stock", (r, group) => HandPass.StoreAsync(r, group, tuned: false));
    public static readonly BenchRow HandLean = new("by hand, the same, JSON from the span, no headers", "hand-lean", (r, group) => HandPass.StoreLeanAsync(r, group));
    public static readonly BenchRow HandEach = new("by hand, JSON, Commit(result) each", "hand-each", (r, group) => HandPass.CommitEachAsync(r, group));
    public static readonly BenchRow C = new("librdkafka from C, batches of 1,000", "c", null);

    public static readonly BenchRow[] All = [Json, JsonByConsume, JsonMetered, JsonTraced, Bytes, Each, HandJson, HandStock, HandLean, HandEach];
}
