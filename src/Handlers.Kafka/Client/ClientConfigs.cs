using System.Globalization;
using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>The settings of librdkafka: defaults, each with its reason, then what the application sets; docs/kafka.md lists them.</summary>
internal static class ClientConfigs
{
    /// <summary>What the runtime decides: at-least-once depends on it.</summary>
    public static readonly IReadOnlyDictionary<string, string> Fixed = new Dictionary<string, string>(StringComparer.Ordinal)
    {
        ["enable.auto.commit"] = "false",       // the watermark is committed, not what was read
        ["enable.auto.offset.store"] = "false",
        ["auto.offset.reset"] = "error",        // where a lane begins is resolved and durable; a position that is gone is never a silent jump
        ["enable.partition.eof"] = "true",      // so that a lane knows that it is at its end, behind markers that are no messages
    };

    private const string MaxPoll = "max.poll.interval.ms";
    private const string Isolation = "isolation.level";

    private static readonly string[] LeftOutByConsumerProtocol = ["session.timeout.ms", "heartbeat.interval.ms", "partition.assignment.strategy", "group.protocol.type"];

    public static ConsumerConfig Consumer(KafkaOptions options, string group, int partitions, ILogger log)
    {
        var defaults = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["partition.assignment.strategy"] = "cooperative-sticky", // lanes that stay are not interrupted by a rebalance
            ["session.timeout.ms"] = "10000",
            ["heartbeat.interval.ms"] = "3000",
            [MaxPoll] = "300000",
            // A fast handler empties the queue of a partition, and would then wait for the back-off of a second that the library has for a full
            // one: 147,000 messages/s with an idle processor.
            ["fetch.queue.backoff.ms"] = "5",
            ["queued.min.messages"] = "1000000",
            ["queued.max.messages.kbytes"] = Kilobytes(options.PrefetchBytes, partitions),
            ["allow.auto.create.topics"] = "false",
        };
        var set = Settings(options, options.ConsumerSettings);
        if (set.TryGetValue("group.protocol", out var protocol) && protocol.Equals("consumer", StringComparison.OrdinalIgnoreCase))
        {
            foreach (var name in LeftOutByConsumerProtocol) defaults.Remove(name);
            var left = LeftOutByConsumerProtocol.Where(set.Remove).ToList();
            if (left.Count > 0) KafkaLogs.SettingsLeftOut(log, group, string.Join(", ", left));
        }

        foreach (var (name, value) in set) defaults[name] = value;
        ConnectsAgain(defaults);
        foreach (var (name, value) in Fixed) defaults[name] = value;
        defaults["group.id"] = group;
        return new ConsumerConfig(defaults);
    }

    /// <summary>For a consumer that looks: what the application sets for its consumers, without what makes a member of a group.</summary>
    public static ConsumerConfig Look(KafkaOptions options)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["queued.min.messages"] = "10000",          // a look reads few of them
            ["queued.max.messages.kbytes"] = "16384",
        };
        foreach (var (name, value) in Settings(options, options.ConsumerSettings)) all[name] = value;
        foreach (var name in (string[])[.. LeftOutByConsumerProtocol, "group.protocol", "group.remote.assignor", "group.instance.id", MaxPoll]) all.Remove(name);
        foreach (var (name, value) in Fixed) all[name] = value;
        all["auto.offset.reset"] = "earliest";          // what retention deleted while it is read is passed over
        all["allow.auto.create.topics"] = "false";
        all["fetch.wait.max.ms"] = "50";                // the end of a partition is told with the answer of a fetch that finds nothing
        all["fetch.min.bytes"] = "1";
        all["fetch.queue.backoff.ms"] = "5";
        all["group.id"] = $"handlers-look-{Guid.NewGuid():N}"; // a consumer must have one; this one joins none, and commits nothing
        return new ConsumerConfig(all);
    }

    /// <summary>Whether consumers leave out what is in a transaction that is open or was aborted: the library's default.</summary>
    public static bool IsReadCommitted(KafkaOptions options) =>
        !Settings(options, options.ConsumerSettings).GetValueOrDefault(Isolation, "").Equals("read_uncommitted", StringComparison.OrdinalIgnoreCase);

    public static ProducerConfig Producer(KafkaOptions options)
    {
        var defaults = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["enable.idempotence"] = "true",     // no duplicates and no change of order by the client's own retries
            ["partitioner"] = "murmur2_random",  // as Java's clients do, so that a key has one partition whoever writes it
            ["linger.ms"] = "0",                 // a caller awaits each acknowledgement; what is published at the same time shares requests all the same
        };
        foreach (var (name, value) in Settings(options, options.ProducerSettings)) defaults[name] = value;
        ConnectsAgain(defaults);
        return new ProducerConfig(defaults);
    }

    /// <summary>With the library's own pauses, of up to 10 s, nothing goes on for as long though the broker is back.</summary>
    private static void ConnectsAgain(Dictionary<string, string> settings)
    {
        if (!settings.ContainsKey("reconnect.backoff.ms")) settings.TryAdd("reconnect.backoff.max.ms", "1000"); // not below the application's least pause
    }

    /// <summary>The same with transactions.</summary>
    public static ProducerConfig TransactionalProducer(KafkaOptions options, string group)
    {
        var config = Producer(options);
        config.TransactionalId = TransactionalId(options, group);
        // An open one of a process that was killed holds up who reads the results, and who takes over its lanes. As long as Kafka Streams has it.
        config.TransactionTimeoutMs ??= 10_000;
        return config;
    }

    /// <summary>
    /// One for each producer: a second one with the same id fences the first. Where it is the same at the next start, that ends at once what
    /// this process had left open.
    /// </summary>
    private static string TransactionalId(KafkaOptions options, string group) =>
        $"{group}-{options.TransactionalId ?? Settings(options, options.ConsumerSettings).GetValueOrDefault("group.instance.id") ?? Guid.NewGuid().ToString("N")}";

    /// <summary>For a client that neither consumes nor produces, and goes when it has its answer.</summary>
    public static AdminClientConfig Admin(KafkaOptions options)
    {
        var all = new Dictionary<string, string>(options.Settings, StringComparer.Ordinal);
        // The library connects again, to the broker by its own name, only after half of it: 50 ms of every start by its default.
        all.TryAdd("reconnect.backoff.ms", "1");
        return new AdminClientConfig(all);
    }

    /// <summary>
    /// The same for one that stays, and asks whether brokers are back: with the library's own pauses, of up to 10 s, it would know that late.
    /// </summary>
    public static AdminClientConfig Pings(KafkaOptions options)
    {
        var config = Admin(options);
        config.ReconnectBackoffMaxMs ??= 500;
        return config;
    }

    /// <summary>What a consumer reads of transactions; the library's default is what is committed.</summary>
    public static IsolationLevel IsolationOf(KafkaOptions options) =>
        Settings(options, options.ConsumerSettings).GetValueOrDefault(Isolation, "").Equals("read_uncommitted", StringComparison.OrdinalIgnoreCase) ? IsolationLevel.ReadUncommitted : IsolationLevel.ReadCommitted;

    /// <summary>How often a consumer learns of new topics: the library's own default is 5 minutes. Null: never.</summary>
    public static TimeSpan? MetadataRefresh(KafkaOptions options)
    {
        var set = Settings(options, options.ConsumerSettings);
        var milliseconds = set.TryGetValue("topic.metadata.refresh.interval.ms", out var text) && long.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var own) ? own : 300_000;
        return milliseconds > 0 ? TimeSpan.FromMilliseconds(milliseconds) : null;
    }

    /// <summary>How long a consumer may be silent before the group goes on without it. Null: it is no number, which the library says itself.</summary>
    public static TimeSpan? MaxPollInterval(KafkaOptions options) =>
        Settings(options, options.ConsumerSettings).GetValueOrDefault(MaxPoll, "300000") is var text && int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;

    /// <summary>
    /// What a builder of the application must leave as it was given: what the runtime decides, and the group. The settings are looked at as they are
    /// when the client is made, in which the last one of a name counts.
    /// </summary>
    /// <exception cref="TransportException">It has changed one, or builds with other settings.</exception>
    public static void CheckConsumer(IEnumerable<KeyValuePair<string, string>>? built, SubscriptionRequest request)
    {
        var settings = Last(built);
        foreach (var (name, value) in Fixed) Same("ConsumerBuilder", settings, name, value);
        Same("ConsumerBuilder", settings, "group.id", request.Group, StringComparison.Ordinal);
        // The library asks for stable offsets only when it reads what is committed.
        if (request.Topics.Any(static t => t.IsTransactional) && settings.GetValueOrDefault(Isolation, "").Equals("read_uncommitted", StringComparison.OrdinalIgnoreCase))
            throw new TransportException($"Group '{request.Group}' has Commit = Transaction, and the setting {Isolation} is read_uncommitted: who takes over a lane would begin before a transaction that is being committed, and publish its results again. Leave it out, or set it to read_committed.");
    }

    /// <summary>The same of a consumer that looks.</summary>
    /// <exception cref="TransportException">It has changed one, or builds with other settings.</exception>
    public static void CheckLook(IEnumerable<KeyValuePair<string, string>>? built, string group)
    {
        var settings = Last(built);
        foreach (var name in Fixed.Keys.Where(static n => n != "auto.offset.reset")) Same("ConsumerBuilder", settings, name, Fixed[name]);
        Same("ConsumerBuilder", settings, "group.id", group, StringComparison.Ordinal);
    }

    /// <summary>The same of a producer: transactions are the runtime's. Null: it has none.</summary>
    /// <exception cref="TransportException">It has changed one, or builds with other settings.</exception>
    public static void CheckProducer(IEnumerable<KeyValuePair<string, string>>? built, string? transactionalId) =>
        Same("ProducerBuilder", Last(built), "transactional.id", transactionalId, StringComparison.Ordinal);

    private static Dictionary<string, string> Last(IEnumerable<KeyValuePair<string, string>>? settings)
    {
        var last = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (var (name, value) in settings ?? []) last[name] = value;
        return last;
    }

    private static void Same(string builder, Dictionary<string, string> settings, string name, string? value, StringComparison comparison = StringComparison.OrdinalIgnoreCase)
    {
        var built = settings.GetValueOrDefault(name);
        if (!string.Equals(built, value, comparison))
            throw new TransportException($"Kafka: {builder} has {Quoted(built)} for '{name}', where it was given {Quoted(value)}: that is the runtime's. Build with the settings that it is given, and leave this one as it is.");
    }

    private static string Quoted(string? value) => value is null ? "nothing" : $"'{value}'";

    private static Dictionary<string, string> Settings(KafkaOptions options, IDictionary<string, string> own)
    {
        var all = new Dictionary<string, string>(options.Settings, StringComparer.Ordinal);
        foreach (var (name, value) in own) all[name] = value;
        return all;
    }

    /// <summary>The library bounds each partition by itself, once its queue is its own: so each gets its share.</summary>
    private static string Kilobytes(long bytes, int partitions) =>
        Math.Clamp(bytes / 1024 / Math.Max(1, partitions), 1024, 1 << 20).ToString(CultureInfo.InvariantCulture);
}
