using System.Globalization;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Handlers.Transport.Contract;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>The contract on Kafka, with lanes on the partitions' own queues.</summary>
public sealed class KafkaQueuesContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Queues, TestSettings.Classic);
}

/// <inheritdoc cref="KafkaQueuesContractTests" />
public sealed class KafkaQueuesGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Queues, TestSettings.Classic);
}

/// <summary>The same in a group of the newer protocol, in which the broker assigns (KIP-848).</summary>
public sealed class KafkaConsumerProtocolContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Queues, TestSettings.ConsumerProtocol);
}

/// <inheritdoc cref="KafkaConsumerProtocolContractTests" />
public sealed class KafkaConsumerProtocolGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Queues, TestSettings.ConsumerProtocol);
}

/// <summary>The same with lanes that plain Consume feeds.</summary>
public sealed class KafkaConsumeContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Consume, TestSettings.Classic);
}

/// <inheritdoc cref="KafkaConsumeContractTests" />
public sealed class KafkaConsumeGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => await KafkaHarness.NewAsync(KafkaReads.Consume, TestSettings.Classic);
}

/// <summary>A broker process for each test, or the cluster that KAFKA_BOOTSTRAP_SERVERS names.</summary>
internal sealed class KafkaHarness : TransportHarness
{
    private static readonly string? Cluster = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS");

    private readonly Broker? broker;
    private readonly KafkaReads reads;
    private readonly IReadOnlyDictionary<string, string> settings;

    private KafkaHarness(Broker? broker, KafkaReads reads, IReadOnlyDictionary<string, string> settings)
    {
        this.broker = broker;
        this.reads = reads;
        this.settings = settings;
    }

    // The broker process does not look up times, forgets what transactions committed, and refuses commits while a classic group joins.
    public override Features Features => new()
    {
        CommitsWhileJoining = Cluster is not null || settings.ContainsKey("group.protocol"),
        AtHand = false,
        GoesAway = broker is not null && reads == KafkaReads.Queues,
        Times = Cluster is not null,
        TransactionalPositions = Cluster is not null,
        // Looks are the same however lanes read: tried once. Who reads a lane the broker process does not tell.
        Reader = reads == KafkaReads.Queues && !settings.ContainsKey("group.protocol"),
        ReaderTimes = Cluster is not null,
        Owners = Cluster is not null,
        LargestBody = 900_000,
    };

    private string Bootstrap => Cluster ?? broker!.Bootstrap;

    public static async Task<KafkaHarness> NewAsync(KafkaReads reads, IReadOnlyDictionary<string, string> settings)
    {
        var broker = Cluster is null ? await Broker.StartAsync(stop: TestContext.Current.CancellationToken) : null;
        if (broker is not null) await broker.SetSessionTimeoutAsync(TimeSpan.FromSeconds(6)); // in a group of the newer protocol it is the broker's
        return new(broker, reads, settings);
    }

    public override ValueTask<ITransport> NewTransportAsync()
    {
        var options = new KafkaOptions { Servers = Bootstrap, Reads = reads };
        foreach (var (name, value) in settings) options.ConsumerSettings[name] = value;
        if (WatchesTopics) options.ConsumerSettings["topic.metadata.refresh.interval.ms"] = "200";
        return new(new KafkaTransport(options, TimeProvider.System, new DiagnosticLog(TestContext.Current)));
    }

    public override async ValueTask CreateTopicAsync(string topic, int partitions)
    {
        if (broker is not null)
        {
            await broker.CreateTopicAsync(topic, partitions);
            return;
        }

        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).Build();
        await admin.CreateTopicsAsync([new Confluent.Kafka.Admin.TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }

    public override async ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = Bootstrap }).Build();
        var asked = new TopicPartition(topic, int.Parse(partition, CultureInfo.InvariantCulture));
        var found = (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, [asked])]))[0].Partitions[0].Offset;
        return found.IsSpecial ? null : new Position(found.Value - 1);
    }

    public override async ValueTask SetAwayAsync(bool isAway)
    {
        if (isAway) await broker!.DownAsync(-1);
        else await broker!.UpAsync(-1);
    }

    public override ValueTask KillAsync(ITransport transport) => ((KafkaTransport)transport).AbandonAsync();

    public override async ValueTask DisposeAsync()
    {
        if (broker is not null) await broker.DisposeAsync();
    }
}

/// <summary>Settings that make groups move quickly: see <see cref="Broker"/> for the broker's own ways.</summary>
internal static class TestSettings
{
    public static IReadOnlyDictionary<string, string> Classic { get; } = new Dictionary<string, string>
    {
        ["session.timeout.ms"] = "3000",
        ["heartbeat.interval.ms"] = "30",
        ["fetch.wait.max.ms"] = "5",
    };

    public static IReadOnlyDictionary<string, string> ConsumerProtocol { get; } = new Dictionary<string, string>
    {
        ["group.protocol"] = "consumer",
        ["fetch.wait.max.ms"] = "5",
    };
}

/// <summary>Shows with <c>-diagnostics</c>.</summary>
internal sealed class DiagnosticLog(ITestContext test) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        test.SendDiagnosticMessage($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}");
}
