using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>How a process talks to a Kafka cluster. docs/kafka.md lists the defaults with their reasons.</summary>
public sealed class KafkaOptions
{
    /// <summary>
    /// Settings of librdkafka by its own names, for consumers and the producer alike, such as <c>bootstrap.servers</c> (which is required),
    /// <c>security.protocol</c> or <c>sasl.password</c>.
    /// </summary>
    public IDictionary<string, string> Settings { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Settings of consumers alone; they go before <see cref="Settings"/>.</summary>
    public IDictionary<string, string> ConsumerSettings { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>Settings of the producer alone; they go before <see cref="Settings"/>.</summary>
    public IDictionary<string, string> ProducerSettings { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The brokers to ask first: <c>host:port,host:port</c>. The setting <c>bootstrap.servers</c>.</summary>
    public string? Servers
    {
        get => Settings.TryGetValue("bootstrap.servers", out var servers) ? servers : null;
        set => Settings["bootstrap.servers"] = value ?? "";
    }

    /// <summary>Where a group begins that has no position, unless its handlers say. Default latest.</summary>
    public StartFrom Start { get; set; } = StartFrom.Latest;

    /// <summary>Makes topics that are missing at start. Default null: a missing topic is an error.</summary>
    public KafkaTopicDefaults? CreateTopics { get; set; }

    /// <summary>How lanes read. Default: from the partitions' own queues where they can be bound.</summary>
    public KafkaReads Reads { get; set; }

    /// <summary>What becomes of a lane whose committed position is not in the log any more. Default: it fails, naming the remedy.</summary>
    public KafkaLostPosition OnLostPosition { get; set; }

    /// <summary>The most bytes that one subscription fetches ahead, divided by its partitions. At least 1 MB a partition. Default 512 MB.</summary>
    public long PrefetchBytes { get; set; } = 512L << 20;

    /// <summary>How long a call to the cluster may take: look-ups, metadata. Default 30 s.</summary>
    public TimeSpan CallTimeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>
    /// The most that the group waits for lanes that it wants back, whatever the handlers' budget is, and that a commit waits for a rebalance to
    /// end. It must be less than <c>max.poll.interval.ms</c>. Default 60 s.
    /// </summary>
    public TimeSpan RebalanceTimeout { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>
    /// What tells this process's transactions from those of others: transactional ids are <c>{group}-{this}</c>. Unique among the processes that
    /// run; where it is the same at the next start, what a killed process had left open ends then, and not by <c>transaction.timeout.ms</c>
    /// (10 s). Default: the setting <c>group.instance.id</c> where there is one, otherwise a new one at each start.
    /// </summary>
    public string? TransactionalId { get; set; }

    /// <summary>Makes the consumers' builder from their settings, for what settings cannot say. Handlers of rebalances, errors and logs are the runtime's.</summary>
    public Func<ConsumerConfig, ConsumerBuilder<byte[], byte[]>>? ConsumerBuilder { get; set; }

    /// <summary>The same for the producer.</summary>
    public Func<ProducerConfig, ProducerBuilder<byte[], byte[]>>? ProducerBuilder { get; set; }
}

/// <summary>What topics get that are made at start.</summary>
/// <param name="Partitions">Partitions; -1: the broker's default.</param>
/// <param name="Replicas">Copies of each; -1: the broker's default.</param>
public sealed record KafkaTopicDefaults(int Partitions = -1, short Replicas = -1);

/// <summary>How lanes read.</summary>
public enum KafkaReads
{
    /// <summary>From the partitions' own queues where they can be bound, by Consume otherwise.</summary>
    Automatic,

    /// <summary>From the partitions' own queues of librdkafka, in batches of native memory.</summary>
    Queues,

    /// <summary>By Confluent.Kafka's Consume, message by message.</summary>
    Consume,
}

/// <summary>What becomes of a lane whose committed position retention deleted.</summary>
public enum KafkaLostPosition
{
    /// <summary>Reading fails, with the remedy.</summary>
    Fail,

    /// <summary>It goes on at the earliest message, which is logged as an error.</summary>
    Earliest,

    /// <summary>It goes on at the next message to come, which is logged as an error.</summary>
    Latest,
}
