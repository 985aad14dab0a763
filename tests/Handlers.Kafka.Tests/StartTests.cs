using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>Where lanes of a new group begin.</summary>
public sealed class StartTests
{
    /// <summary>
    /// Found by the crash proof: two processes of a new group start at once, the second one's join makes the broker refuse what the first one
    /// commits in its callback, and the first one ended.
    /// </summary>
    [Fact(Timeout = 60_000)]
    public async Task A_rebalance_while_it_is_made_durable_ends_nothing()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        foreach (var (name, value) in TestSettings.Classic) options.ConsumerSettings[name] = value;
        await using var transport = new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
        await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "topic", Body = OutgoingMessage.Utf8("x") }, stop);
        await broker.FailAsync(KafkaApi.OffsetCommit, (int)ErrorCode.RebalanceInProgress, count: 2);
        await using var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new("topic", new StartPosition(StartFrom.Earliest), default)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop);
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            var batch = new MessageBatch(10, 1000);
            Assert.True(await lane.ReadAsync(batch, stop));
            Assert.Equal(0, batch[0].Position.Number);
            batch.Clear();
            await lane.ReleaseAsync(default);
            break;
        }

        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        var committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", [new TopicPartition("topic", 0)])]);
        Assert.Equal(0, committed[0].Partitions[0].Offset.Value);
        Assert.True(await broker.RequestsAsync(KafkaApi.OffsetCommit) >= 3);
    }

    /// <summary>A static member (group.instance.id) keeps its lanes over a restart: so it does not leave, and has committed before.</summary>
    [Theory(Timeout = 60_000)]
    [InlineData(null, 1)]
    [InlineData("me", 0)]
    public async Task A_static_member_commits_and_does_not_leave(string? instance, int leaves)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        foreach (var (name, value) in TestSettings.Classic) options.ConsumerSettings[name] = value;
        if (instance is not null) options.ConsumerSettings["group.instance.id"] = instance;
        await using var transport = new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
        await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "topic", Body = OutgoingMessage.Utf8("x") }, stop);
        await using (var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop))
        {
            await foreach (var lane in subscription.LanesAsync(stop))
            {
                lane.Store(new Position(0));
                await subscription.FlushAsync(stop);
                await lane.ReleaseAsync(LaneEnd.Stopped);
                break;
            }
        }

        Assert.Equal(leaves, await broker.RequestsAsync(KafkaApi.LeaveGroup));
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        var committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", [new TopicPartition("topic", 0)])]);
        Assert.Equal(1, committed[0].Partitions[0].Offset.Value);
    }
}
