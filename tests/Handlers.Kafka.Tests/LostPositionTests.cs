using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>Groups whose position retention has deleted, when they begin and while they read.</summary>
public sealed class LostPositionTests
{
    private const int Limit = 60_000;
    private const int PositionLost = 3010;
    private const int Others = 5_000; // messages of a lane whose position is there

    private static readonly IReadOnlyDictionary<string, string> Eager = new Dictionary<string, string>(TestSettings.Classic) { ["partition.assignment.strategy"] = "range" };

    public static TheoryData<KafkaReads, KafkaLostPosition, bool> Cases => new(
        (KafkaReads.Queues, KafkaLostPosition.Earliest, false), (KafkaReads.Consume, KafkaLostPosition.Earliest, false),
        (KafkaReads.Queues, KafkaLostPosition.Latest, false), (KafkaReads.Consume, KafkaLostPosition.Latest, false),
        (KafkaReads.Queues, KafkaLostPosition.Earliest, true), (KafkaReads.Consume, KafkaLostPosition.Latest, true));

    /// <summary>The client stops where a position is gone, and does not seek: lanes stood still, and nothing said so.</summary>
    [Theory(Timeout = Limit), MemberData(nameof(Cases))]
    public async Task At_the_start_lanes_go_on_where_the_option_says_and_have_committed_that(KafkaReads reads, KafkaLostPosition option, bool eager)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await NewBrokerAsync(partitions: 3);
        var log = new LogLines();
        await using var transport = NewTransport(broker, reads, option, log, eager ? Eager : TestSettings.ConsumerProtocol);
        foreach (var (partition, count) in new[] { (0, 10), (1, 10), (2, Others) }) await PublishAsync(transport, partition, count);
        await CommitAsync(broker, 3, 2, 7);
        await broker.TrimAsync("topic", 0, 5);
        await broker.TrimAsync("topic", 1, 5);
        long next = option == KafkaLostPosition.Earliest ? 5 : 10;
        await using var subscription = await SubscribeAsync(transport);
        var lanes = await NextAsync(subscription, 3);
        await Task.WhenAll(lanes.Select(async lane =>
        {
            var partition = int.Parse(lane.Id.Partition, System.Globalization.CultureInfo.InvariantCulture);
            var (first, count) = partition == 2 ? (7, Others - 7) : option == KafkaLostPosition.Earliest ? (5, 5) : (10, 1);
            var reading = ReadAsync(lane, count, most: 20); // the third is in the middle of it when the others step over
            if (partition < 2 && option == KafkaLostPosition.Latest)
            {
                await Waiting.UntilAsync(() => log.Texts(PositionLost).Any(t => t.Contains($"topic/{partition}", StringComparison.Ordinal)), "It does not step over.");
                await PublishAsync(transport, partition, 1);
            }

            Assert.Equal(Enumerable.Range(first, count).Select(static n => (long)n), await reading);
        }));
        Assert.Equal([next, next, 7], await CommittedAsync(broker, 3)); // nothing was stored
        Assert.Equal(2, log.Texts(PositionLost).Count);
        foreach (var lane in lanes) await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    [Theory(Timeout = Limit)]
    [InlineData(KafkaReads.Queues, KafkaLostPosition.Earliest), InlineData(KafkaReads.Consume, KafkaLostPosition.Earliest)]
    [InlineData(KafkaReads.Queues, KafkaLostPosition.Latest), InlineData(KafkaReads.Consume, KafkaLostPosition.Latest)]
    public async Task While_it_reads_a_lane_hands_out_what_it_has_and_goes_on_behind_what_is_gone(KafkaReads reads, KafkaLostPosition option)
    {
        const int Gone = 2_505; // more than a lane fetches that is not read
        await using var broker = await NewBrokerAsync(partitions: 1);
        var log = new LogLines();
        await using var transport = NewTransport(broker, reads, option, log, Little);
        await CommitAsync(broker, 0);
        await PublishAsync(transport, 0, 2_500);
        await PublishAsync(transport, 0, 10);
        await using var subscription = await SubscribeAsync(transport);
        var lane = (await NextAsync(subscription, 1))[0];
        var read = await ReadAsync(lane, 10, most: 10);
        await broker.TrimAsync("topic", 0, Gone);
        var to = option == KafkaLostPosition.Earliest ? Gone : Gone + 5;
        var reading = ReadUntilAsync(lane, read, to);
        await Waiting.UntilAsync(() => log.Texts(PositionLost).Count == 1, "It does not step over.");
        lane.Store(new Position(9)); // which was handled meanwhile, and takes nothing back
        await subscription.FlushAsync(TestContext.Current.CancellationToken);
        if (option == KafkaLostPosition.Latest) await PublishAsync(transport, 0, 1);
        await reading;
        Assert.Equal([to], await CommittedAsync(broker, 1));
        var before = read.TakeWhile(p => p < to).ToList();
        Assert.Equal(Enumerable.Range(0, before.Count).Select(static n => (long)n), before);
        Assert.Equal(Enumerable.Range(to, read.Count - before.Count).Select(static n => (long)n), read.Skip(before.Count));
        Assert.InRange(before.Count, 10, Gone - 1);
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    [Theory(Timeout = Limit)]
    [InlineData(KafkaReads.Queues), InlineData(KafkaReads.Consume)]
    public async Task By_default_reading_fails_with_the_remedy_and_a_rewind_is_one(KafkaReads reads)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await NewBrokerAsync(partitions: 1);
        await using var transport = NewTransport(broker, reads, KafkaLostPosition.Fail, new LogLines(), TestSettings.ConsumerProtocol);
        await PublishAsync(transport, 0, 10);
        await CommitAsync(broker, 3);
        await broker.TrimAsync("topic", 0, 5);
        await using var subscription = await SubscribeAsync(transport);
        var lane = (await NextAsync(subscription, 1))[0];
        var error = await Assert.ThrowsAsync<TransportException>(() => ReadAsync(lane, 1));
        Assert.False(error.IsTransient);
        Assert.StartsWith("Reading lane topic/0", error.Message, StringComparison.Ordinal);
        Assert.Contains("Set OnLostPosition to go on elsewhere, or move the group's position.", error.Message, StringComparison.Ordinal);
        Assert.Equal([3], await CommittedAsync(broker, 1));

        await lane.SeekAsync(StartPosition.Earliest, stop);
        Assert.Equal([5L, 6, 7, 8, 9], await ReadAsync(lane, 5));
        Assert.Equal([5], await CommittedAsync(broker, 1));
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>Little is fetched ahead.</summary>
    private static IReadOnlyDictionary<string, string> Little => new Dictionary<string, string>(TestSettings.ConsumerProtocol) { ["queued.min.messages"] = "1" };

    private static async Task<Broker> NewBrokerAsync(int partitions)
    {
        var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", partitions);
        return broker;
    }

    private static KafkaTransport NewTransport(Broker broker, KafkaReads reads, KafkaLostPosition option, ILogger log, IReadOnlyDictionary<string, string> settings)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap, Reads = reads, OnLostPosition = option };
        foreach (var (name, value) in settings) options.ConsumerSettings[name] = value;
        return new KafkaTransport(options, TimeProvider.System, log);
    }

    private static async Task PublishAsync(KafkaTransport transport, int partition, int count)
    {
        using var producer = transport.Clients.Producer();
        var sent = Enumerable.Range(0, count).Select(n => producer.ProduceAsync(new TopicPartition("topic", partition), new Message<byte[], byte[]> { Value = [1] }, TestContext.Current.CancellationToken)).ToList();
        await Task.WhenAll(sent);
    }

    private static ValueTask<ISubscription> SubscribeAsync(KafkaTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new("topic", default, default)], RevokeBudget = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);

    private static async Task<List<ILane>> NextAsync(ISubscription subscription, int count)
    {
        var lanes = new List<ILane>();
        await foreach (var lane in subscription.LanesAsync(TestContext.Current.CancellationToken))
        {
            lanes.Add(lane);
            if (lanes.Count == count) break;
        }

        return lanes;
    }

    private static async Task<List<long>> ReadAsync(ILane lane, int count, int most = 1_000)
    {
        var read = new List<long>();
        while (read.Count < count) await ReadAsync(lane, read, most);
        return read;
    }

    private static async Task ReadUntilAsync(ILane lane, List<long> read, long position)
    {
        while (read[^1] < position) await ReadAsync(lane, read, 1_000);
    }

    private static async Task ReadAsync(ILane lane, List<long> read, int most)
    {
        var batch = new MessageBatch(most, 1 << 20);
        Assert.True(await lane.ReadAsync(batch, TestContext.Current.CancellationToken));
        for (var i = 0; i < batch.Count; i++) read.Add(batch[i].Position.Number);
        batch.Clear();
    }

    private static async Task CommitAsync(Broker broker, params long[] offsets)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets("group", [.. offsets.Select(static (o, p) => new TopicPartitionOffset("topic", p, o))])]);
    }

    private static async Task<List<long>> CommittedAsync(Broker broker, int partitions)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        var committed = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", [.. Enumerable.Range(0, partitions).Select(static p => new TopicPartition("topic", p))])]);
        return [.. committed[0].Partitions.OrderBy(static p => p.Partition.Value).Select(static p => p.Offset.Value)];
    }
}
