namespace Handlers;

/// <summary>Options of the runtime. Each may be set by configuration as <c>Handlers:{Property}</c>.</summary>
public sealed class HandlersOptions
{
    /// <summary>How often the watermark is made durable while messages are handled. Default 5 s.</summary>
    public TimeSpan CommitInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often a transaction is committed while messages are handled, where a handler has <see cref="Commit.Transaction"/>: who reads its
    /// results sees them as much later. Default 100 ms, as Kafka Streams has it for exactly-once.
    /// </summary>
    public TimeSpan TransactionInterval { get; set; } = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// How long stopping may take in all: handlers finish, tokens fire, positions are committed, lanes are released. What runs
    /// on after it is counted, logged and fenced. Default 20 s (the generic host itself gives up after 30 s).
    /// </summary>
    public TimeSpan StopBudget { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// How long a lane may take to finish when the broker wants it back; a transport may allow less. Default 20 s.
    /// </summary>
    public TimeSpan RevokeBudget { get; set; } = TimeSpan.FromSeconds(20);

    /// <summary>
    /// The part of either budget in which handlers may finish undisturbed; then their tokens fire. Default 0.5.
    /// </summary>
    public double DrainShare { get; set; } = 0.5;

    /// <summary>The most messages in one read of a lane. Default 500.</summary>
    public int BatchSize { get; set; } = 500;

    /// <summary>The most bytes in one read of a lane (a larger single message is read all the same). Default 4 MiB.</summary>
    public long BatchBytes { get; set; } = 4 * 1024 * 1024;

    /// <summary>
    /// The most messages of a lane that are received and not below its watermark: what one stuck message can make pile up behind it.
    /// The lane is not read on beyond it. Default 10,000.
    /// </summary>
    public int MaxUncommitted { get; set; } = 10_000;

    /// <summary>How long the oldest message of a lane may be without an outcome before it is logged and health says so. Default 60 s.</summary>
    public TimeSpan StuckAfter { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How often the health checks of circuit breakers are asked. Default 5 s.</summary>
    public TimeSpan CircuitBreakerInterval { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>
    /// How often in a row making positions durable may fail for a moment before the subscription ends, with pauses that grow from
    /// 0.1 s to 2 s. Default 10, which a broker that is away for ten seconds does not use up. Each failure is logged; nothing
    /// handled in between is lost, it would be handled again.
    /// </summary>
    public int CommitAttempts { get; set; } = 10;

    /// <summary>
    /// Whether the three metrics of baseplate's Kafka consumer are there too (<see cref="HandlersTelemetry.CompatibilityName"/>), whatever the
    /// transport. Default: no.
    /// </summary>
    public bool CompatibilityMetrics { get; set; }

    /// <summary>The label <c>kafka_client_name</c> of the compatibility metrics. Default: empty.</summary>
    public string CompatibilityClientName { get; set; } = "";

    /// <summary>
    /// The header that says when a message came into being, in milliseconds since 1970-01-01 UTC as decimal text, for its latency. Default: none,
    /// which is <see cref="LatencyField"/>; without that either, the message's timestamp where <see cref="CompatibilityMetrics"/> is set.
    /// </summary>
    public string? LatencyHeader { get; set; }

    /// <summary>The same by a member of the outermost object of a JSON body, a number: baseplate's is <c>endpoint_timestamp</c>. Default: none.</summary>
    public string? LatencyField { get; set; }

    /// <summary>
    /// Whether spans of calls have the key of their message, where the conventions have a name for it (Kafka: <c>messaging.kafka.message.key</c>), it
    /// is UTF-8 and has at most 256 bytes. Default false: a key may be somebody's name.
    /// </summary>
    public bool TraceKeys { get; set; }

    /// <summary>
    /// How many calls a second may have a span though their message brings no trace with it, in this process; those with one always have. As many
    /// reads may, beside them. Default 1,000; 0 is no limit. A span costs more than a fast message: see docs/telemetry.md.
    /// </summary>
    public int SpansPerSecond { get; set; } = 1000;

    /// <summary>What happens to the rest when one subscription ends by an error. Default: the host stops, with exit code 1.</summary>
    public SubscriptionFailure OnSubscriptionFailure { get; set; } = SubscriptionFailure.StopHost;

    /// <summary>
    /// Whether names are checked at the start, as configuration makes them: groups are named <c>service.group</c>, their handlers
    /// <c>kafka_consumer.group</c>, or that and <c>.word</c>. Default false. The diagnostic HND068 is the same check at build time.
    /// </summary>
    public bool CheckNames { get; set; }
}

/// <summary>What happens to the rest when one subscription ends by an error.</summary>
public enum SubscriptionFailure
{
    /// <summary>Every subscription stops in order, and the process ends with exit code 1.</summary>
    StopHost,

    /// <summary>The other subscriptions go on; health is red.</summary>
    KeepOthers,
}
