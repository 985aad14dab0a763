using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>Patterns of topics, beside what the contract says of them.</summary>
public sealed class PatternTests
{
    private const int Limit = 60_000;

    [Theory(Timeout = Limit)]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_topic_that_is_deleted_is_read_no_longer_and_the_others_go_on(bool classic)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("orders.eu", 1);
        await broker.CreateTopicAsync("orders.us", 1);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = Transport(broker, log, classic);
        await using var subscription = await transport.SubscribeAsync(Request("^orders\\..*"), stop);
        var lanes = new Dictionary<string, ILane>();
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            lanes.Add(lane.Id.Topic, lane);
            if (lanes.Count == 2) break;
        }

        await broker.DeleteTopicAsync("orders.eu");
        var gone = lanes["orders.eu"];
        while (!gone.Revoked.IsCompleted && !gone.Lost.IsCancellationRequested) await Task.Delay(10, stop); // the client may know it before the list does
        await gone.ReleaseAsync(gone.Lost.IsCancellationRequested ? LaneEnd.Lost : LaneEnd.Revoked);
        while (!log.Events.Contains(3022)) await Task.Delay(10, stop);
        await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "orders.us", Body = OutgoingMessage.Utf8("x") }, stop);
        Assert.True(await lanes["orders.us"].ReadAsync(new MessageBatch(1, 1000), stop));
        Assert.False(lanes["orders.us"].Revoked.IsCompleted);
    }

    /// <summary>Found in review: what was handled of a topic that is deleted cannot be committed any more, and that ended the host.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(false, KafkaReads.Queues)]
    [InlineData(true, KafkaReads.Queues)]
    [InlineData(false, KafkaReads.Consume)]
    public async Task A_topic_that_is_deleted_when_messages_of_it_were_handled_is_let_go_and_the_others_are_committed(bool classic, KafkaReads reads)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("orders.eu", 1);
        await broker.CreateTopicAsync("orders.us", 1);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = Transport(broker, log, classic, reads, refresh: "300000");
        await using var subscription = await transport.SubscribeAsync(Request("^orders\\..*"), stop);
        var lanes = new Dictionary<string, ILane>();
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            lanes.Add(lane.Id.Topic, lane);
            if (lanes.Count == 2) break;
        }

        var (gone, stays) = (lanes["orders.eu"], lanes["orders.us"]);
        var reading = gone.ReadAsync(new MessageBatch(1, 1000), stop).AsTask();
        foreach (var lane in lanes.Values) lane.Store(new Position(6));
        await broker.DeleteTopicAsync("orders.eu");
        var flushing = subscription.FlushAsync(stop).AsTask();
        while (!gone.Revoked.IsCompleted && !gone.Lost.IsCancellationRequested) await Task.Delay(10, stop); // the client may know it before the commit is answered
        await gone.ReleaseAsync(gone.Lost.IsCancellationRequested ? LaneEnd.Lost : LaneEnd.Revoked);
        await flushing;
        Assert.False(await reading);
        Assert.Equal(7, await CommittedAsync(broker, "orders.us"));
        while (!log.Events.Contains(3022)) await Task.Delay(10, stop);
        await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "orders.us", Body = OutgoingMessage.Utf8("x") }, stop);
        Assert.True(await stays.ReadAsync(new MessageBatch(1, 1000), stop));
        Assert.False(stays.Revoked.IsCompleted);
    }

    /// <summary>One that is named is missed, whatever patterns stand beside it.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_named_topic_that_is_deleted_ends_the_subscription()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("orders.us", 1);
        await broker.CreateTopicAsync("invoices", 1);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = Transport(broker, log, refresh: "300000");
        await using var subscription = await transport.SubscribeAsync(Request("^orders\\..*", "invoices"), stop);
        var lanes = new List<ILane>();
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            lanes.Add(lane);
            if (lanes.Count == 2) break;
        }

        foreach (var lane in lanes) lane.Store(new Position(6));
        await broker.DeleteTopicAsync("invoices");
        var error = await Assert.ThrowsAsync<TransportException>(async () => await subscription.FlushAsync(stop));
        Assert.EndsWith("The topic or partition does not exist; was it deleted?", error.Message, StringComparison.Ordinal);
        foreach (var lane in lanes) await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_of_two_patterns_is_an_error_at_the_start_and_one_that_comes_later_is_left_alone_with_an_error()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("orders.us", 1);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = Transport(broker, log);
        var request = Request("^orders\\..*", "^.*\\.eu");
        await using var subscription = await transport.SubscribeAsync(request, stop);
        Assert.Contains(3020, log.Events); // nothing is in the second pattern
        await using var lanes = subscription.LanesAsync(stop).GetAsyncEnumerator(stop);
        Assert.True(await lanes.MoveNextAsync());
        await broker.CreateTopicAsync("orders.eu", 1);
        while (!log.Events.Contains(3023)) await Task.Delay(10, stop);
        Assert.False(lanes.Current.Revoked.IsCompleted);
        var error = await Assert.ThrowsAsync<TransportException>(async () => await transport.SubscribeAsync(request, stop));
        Assert.StartsWith("Topic 'orders.eu' is matched by several patterns of one group: '^orders\\..*' and '^.*\\.eu'.", error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_cluster_that_does_not_list_its_topics_for_a_moment_takes_none_away()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("orders.us", 1);
        var log = new LogLines(LogLevel.Trace);
        await using var transport = Transport(broker, log);
        await using var subscription = await transport.SubscribeAsync(Request("^orders\\..*"), stop);
        await using var lanes = subscription.LanesAsync(stop).GetAsyncEnumerator(stop);
        Assert.True(await lanes.MoveNextAsync());
        await broker.DownAsync(-1);
        while (!log.Events.Contains(3024)) await Task.Delay(10, stop);
        await broker.UpAsync(-1);
        await broker.CreateTopicAsync("orders.eu", 1);
        var lane = lanes.Current;
        Assert.True(await lanes.MoveNextAsync());
        Assert.Equal(("orders.us", "orders.eu"), (lane.Id.Topic, lanes.Current.Id.Topic));
        Assert.False(lane.Revoked.IsCompleted);
    }

    private static async Task<long> CommittedAsync(Broker broker, string topic)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        return (await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions("group", [new TopicPartition(topic, 0)])]))[0].Partitions[0].Offset.Value;
    }

    private static KafkaTransport Transport(Broker broker, ILogger log, bool classic = false, KafkaReads reads = default, string refresh = "100")
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap, Reads = reads, CallTimeout = TimeSpan.FromSeconds(refresh == "100" ? 3 : 10) };
        foreach (var (name, value) in classic ? TestSettings.Classic : TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        options.ConsumerSettings["topic.metadata.refresh.interval.ms"] = refresh;
        return new KafkaTransport(options, TimeProvider.System, log);
    }

    private static SubscriptionRequest Request(params string[] topics) => new()
    {
        Group = "group",
        Topics = [.. topics.Select(t => new SubscribedTopic(t, StartPosition.Earliest, MessageParts.None))],
        RevokeBudget = TimeSpan.FromSeconds(5),
    };
}
