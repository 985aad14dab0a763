using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Handlers.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Crash;

/// <summary>
/// Kafka: a broker process of its own for each run, or the cluster that KAFKA_BOOTSTRAP_SERVERS names. There topics are made, which must
/// not be there, and deleted at the end.
/// </summary>
/// <remarks>
/// Settings are as they are by default, but for how soon a group notices that a member was killed. The broker process takes the protocol
/// `consumer` (KIP-848), in which that alone is waited for; a cluster takes the classic one, since it alone lets a client set the time.
/// </remarks>
internal sealed class KafkaCrash(string bootstrap, Broker? broker = null) : ICrashTransport
{
    /// <summary>Of the broker process. A member that is suspended at a kill, or has no processor for a while, must not be taken for dead.</summary>
    private static readonly TimeSpan Session = TimeSpan.FromSeconds(2);

    /// <summary>The least that a broker allows by default.</summary>
    private static readonly TimeSpan ClusterSession = TimeSpan.FromSeconds(6);

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);
    private static readonly string? Cluster = Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") is { Length: > 0 } servers ? servers : null;

    /// <summary>Whether it runs against a cluster.</summary>
    public static bool IsCluster => Cluster is not null;

    /// <summary>Of a worker's environment: its group is a classic one, in which the broker process waits for a member for 3 s and each rebalance takes 2 s.</summary>
    public const string ClassicKey = "KAFKA_CRASH_CLASSIC";

    private readonly Dictionary<string, int> topics = []; // made here, with their partitions
    private IAdminClient? admin;

    public string Name => "kafka";

    public string Place => bootstrap;

    /// <summary>A group takes no commit from a member that does not know its new part yet: so a commit that meets a rebalance waits for its end, as long as a member is waited for.</summary>
    public TimeSpan CommitTakes => (Cluster is null ? Session : ClusterSession) + TimeSpan.FromSeconds(1);

    private IAdminClient Admin => admin ??= new AdminClientBuilder(new AdminClientConfig { BootstrapServers = bootstrap }).Build();

    public static async Task<KafkaCrash> StartAsync()
    {
        if (Cluster is not null) return new KafkaCrash(Cluster);
        var broker = await Broker.StartAsync();
        await broker.SetSessionTimeoutAsync(Session);
        return new KafkaCrash(broker.Bootstrap, broker);
    }

    public void Use(HandlersBuilder handlers) => handlers.UseKafka(options =>
    {
        options.Servers = bootstrap;
        if (Environment.GetEnvironmentVariable(ClassicKey) is "true")
        {
            options.ConsumerSettings["session.timeout.ms"] = "3000";
            options.ConsumerSettings["heartbeat.interval.ms"] = "100";
        }
        else if (Cluster is null)
        {
            options.ConsumerSettings["group.protocol"] = "consumer";
        }
        else
        {
            options.ConsumerSettings["session.timeout.ms"] = ClusterSession.TotalMilliseconds.ToString(CultureInfo.InvariantCulture);
            options.ConsumerSettings["heartbeat.interval.ms"] = "500";
        }
    });

    public async ValueTask CreateTopicAsync(string topic, int partitions)
    {
        if (broker is not null) await broker.CreateTopicAsync(topic, partitions);
        else await CreateAtClusterAsync(topic, partitions);
        topics[topic] = partitions;
    }

    /// <summary>
    /// A commit that a process sent before it was killed may reach the broker after this question: so it is asked until an answer comes
    /// twice. While members commit at every moment the last of some answers is as good as any.
    /// </summary>
    public async ValueTask<IReadOnlyDictionary<string, Position>> CommittedAsync(string group, string topic)
    {
        var partitions = Enumerable.Range(0, topics[topic]).Select(p => new TopicPartition(topic, p)).ToList();
        var committed = await OffsetsAsync(group, partitions);
        for (var i = 0; i < 10; i++)
        {
            var before = committed;
            committed = await OffsetsAsync(group, partitions);
            if (committed.Count == before.Count && committed.All(c => before.TryGetValue(c.Key, out var offset) && offset == c.Value)) break;
        }

        return committed.ToDictionary(c => c.Key.Partition.Value.ToString(CultureInfo.InvariantCulture), c => new Position(c.Value - 1));
    }

    public async ValueTask<long> LagAsync(string topic, IReadOnlyDictionary<string, Position> committed)
    {
        if (committed.Count == 0) return 0;
        var partitions = committed.Keys.Select(p => new TopicPartition(topic, int.Parse(p, CultureInfo.InvariantCulture)));
        var ends = await Admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = OffsetSpec.Latest() }), new ListOffsetsOptions { RequestTimeout = Patience });
        return ends.ResultInfos.Select(r => r.TopicPartitionOffsetError).Sum(e => e.Offset.Value - 1 - committed[e.Partition.Value.ToString(CultureInfo.InvariantCulture)].Number);
    }

    public bool? IsCommitting(int process) => null;

    public async ValueTask DisposeAsync()
    {
        if (broker is null && topics.Count > 0) await DeleteTopicsAsync();
        admin?.Dispose();
        if (broker is not null) await broker.DisposeAsync();
    }

    private async Task CreateAtClusterAsync(string topic, int partitions)
    {
        try
        {
            await Admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
        }
        catch (KafkaException e)
        {
            throw new CrashException($"Topic '{topic}' cannot be made at {bootstrap}: {e.Message}");
        }
    }

    private async Task<Dictionary<TopicPartition, long>> OffsetsAsync(string group, List<TopicPartition> partitions)
    {
        var found = await Admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, partitions)], new ListConsumerGroupOffsetsOptions { RequestTimeout = Patience });
        return found[0].Partitions.Where(p => !p.Offset.IsSpecial).ToDictionary(p => p.TopicPartition, p => p.Offset.Value);
    }

    /// <summary>The groups' positions go with them. Brokers delete after their answer, and the next run makes the same topics.</summary>
    private async Task DeleteTopicsAsync()
    {
        await Admin.DeleteTopicsAsync(topics.Keys);
        var began = TimeProvider.System.GetTimestamp();
        while (TimeProvider.System.GetElapsedTime(began) < Patience && Admin.GetMetadata(Patience).Topics.Any(t => topics.ContainsKey(t.Topic))) await Task.Delay(100);
    }
}
