using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>What a commit comes to, by either way to commit.</summary>
public sealed class CommitTests
{
    [Theory(Timeout = 60_000)]
    [InlineData(KafkaReads.Queues)]
    [InlineData(KafkaReads.Consume)]
    public async Task What_is_refused_stays_due_and_what_is_durable_does_not(KafkaReads reads)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 2);
        var options = new KafkaOptions { Servers = broker.Bootstrap, Reads = reads, Start = StartFrom.Earliest };
        foreach (var (name, value) in TestSettings.Classic) options.ConsumerSettings[name] = value;
        var log = new LogLines();
        await using var transport = new KafkaTransport(options, TimeProvider.System, log);
        await using var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new("topic", new StartPosition(StartFrom.Earliest), default)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop);
        var lanes = new List<ILane>();
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            lane.Store(new Position(6));
            lanes.Add(lane);
            if (lanes.Count == 2) break;
        }

        await broker.FailAsync(KafkaApi.OffsetCommit, (int)ErrorCode.TopicAuthorizationFailed);
        var error = await Assert.ThrowsAsync<TransportException>(async () => await subscription.FlushAsync(stop));
        Assert.Contains("Grant this client", error.Message, StringComparison.Ordinal);
        Assert.False(error.IsTransient);
        Assert.Equal("0 0", await CommittedAsync(broker));
        Assert.Equal(["topic/0", "topic/1"], log.Texts(3014).Select(static line => line.Split(' ')[3]).Order()); // one for each lane

        await subscription.FlushAsync(stop);
        Assert.Equal("7 7", await CommittedAsync(broker));
        await broker.ClearAsync();
        await subscription.FlushAsync(stop);
        Assert.Equal(0, await broker.RequestsAsync(KafkaApi.OffsetCommit));
        foreach (var lane in lanes) await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>A commit that waits for its broker does not keep the subscription from closing, and nobody waits for its answer then.</summary>
    [Fact(Timeout = 60_000)]
    public async Task A_commit_under_way_ends_with_the_subscription()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        var options = new KafkaOptions { Servers = broker.Bootstrap, Start = StartFrom.Earliest, RebalanceTimeout = TimeSpan.FromMilliseconds(200) };
        foreach (var (name, value) in TestSettings.Classic) options.ConsumerSettings[name] = value;
        await using var transport = new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
        var subscription = (KafkaSubscription)await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new("topic", new StartPosition(StartFrom.Earliest), default)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop);
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            lane.Store(new Position(6));
            break;
        }

        await broker.FailAtAsync(1, KafkaApi.OffsetCommit, 0, late: TimeSpan.FromSeconds(5));
        var flushing = subscription.FlushAsync(stop).AsTask();
        await subscription.AbandonAsync();
        await Assert.ThrowsAsync<TransportException>(() => flushing);
    }

    private static async Task<string> CommittedAsync(Broker broker)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        var committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", [new("topic", 0), new("topic", 1)])]);
        return string.Join(' ', committed[0].Partitions.OrderBy(static p => p.Partition.Value).Select(static p => p.Offset.Value));
    }
}
