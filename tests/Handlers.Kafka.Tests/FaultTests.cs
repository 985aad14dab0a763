using System.Collections.Concurrent;
using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>
/// Brokers that fail while messages are published and handled. What passes is lived through, with nothing lost: the ids that were acknowledged,
/// less the ids that were handled.
/// </summary>
public sealed class FaultTests
{
    private const int Limit = 60_000;
    private const int Partitions = 4;

    [Fact(Timeout = Limit)]
    public async Task Leaders_that_move_lose_nothing()
    {
        await using var broker = await StartAsync(brokers: 3);
        await using var application = await Application.StartAsync(broker);
        var ids = 0;
        for (var round = 0; round < 6; round++)
        {
            var publishing = application.PublishAsync(ids, 500);
            for (var partition = 0; partition < Partitions; partition++) await broker.SetLeaderAsync(Application.Topic, partition, 1 + (round + partition) % 3);
            await publishing;
            ids += 500;
        }

        await AssertHandledOnceAsync(broker, application, ids);
        Assert.Equal(ids, await LogAsync(broker));
    }

    public static TheoryData<bool> Protocols => [true, false];

    [Theory(Timeout = Limit), MemberData(nameof(Protocols))]
    public async Task A_coordinator_that_moves_or_goes_loses_nothing(bool classic)
    {
        await using var broker = await StartAsync(brokers: 3);
        await broker.SetGroupCoordinatorAsync(Application.Group, 1);
        for (var partition = 0; partition < Partitions; partition++) await broker.SetLeaderAsync(Application.Topic, partition, 3);
        await using var application = await Application.StartAsync(broker, consumer: classic ? TestSettings.Classic : TestSettings.ConsumerProtocol);
        await application.PublishAsync(0, 100);
        await application.HandlesAsync(100);
        await broker.SetGroupCoordinatorAsync(Application.Group, 2);
        await application.PublishAsync(100, 100);
        await CommitsAsync(broker, application, 200);
        await broker.DownAsync(2);
        await application.PublishAsync(200, 100);
        await application.HandlesAsync(300); // nobody waits for a commit
        await broker.SetGroupCoordinatorAsync(Application.Group, 1);
        await application.PublishAsync(300, 100);
        await AssertHandledAsync(broker, application, 400);
    }

    [Theory(Timeout = Limit)]
    [InlineData(ErrorCode.GroupLoadInProgress), InlineData(ErrorCode.NotCoordinatorForGroup), InlineData(ErrorCode.RequestTimedOut), InlineData(ErrorCode.GroupCoordinatorNotAvailable)]
    public async Task A_commit_that_is_refused_for_a_moment_is_tried_again(ErrorCode error)
    {
        await using var broker = await StartAsync();
        await using var application = await Application.StartAsync(broker);
        await application.PublishAsync(0, 10);
        await CommitsAsync(broker, application, 10); // its start is durable
        await broker.ClearAsync();
        await broker.FailAsync(KafkaApi.OffsetCommit, (int)error, count: 4);
        await application.PublishAsync(10, 100);
        await AssertHandledOnceAsync(broker, application, 110);
        Assert.True(await broker.RequestsAsync(KafkaApi.OffsetCommit) > 4);
    }

    [Fact(Timeout = Limit)]
    public async Task A_group_that_may_not_be_committed_for_ends_the_host_with_the_remedy()
    {
        await using var broker = await StartAsync();
        await using var application = await Application.StartAsync(broker);
        await application.PublishAsync(0, 10);
        await CommitsAsync(broker, application, 10);
        await broker.FailAsync(KafkaApi.OffsetCommit, (int)ErrorCode.GroupAuthorizationFailed, count: 100);
        await application.PublishAsync(10, 10);
        await Waiting.UntilAsync(() => application.Stopping.IsCancellationRequested, "The host does not stop.");
        var failure = Assert.IsType<TransportException>(application.Status.Failures[0]);
        Assert.False(failure.IsTransient);
        Assert.StartsWith($"Committing for group '{Application.Group}' failed: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Grant this client Read on the group.", failure.Message, StringComparison.Ordinal);
        Assert.Equal(10, await Application.CommittedAsync(broker, Partitions));
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_that_may_not_be_read_ends_the_host_with_the_remedy()
    {
        await using var broker = await StartAsync();
        await broker.FailPartitionAsync(Application.Topic, 2, KafkaApi.Fetch, (int)ErrorCode.TopicAuthorizationFailed, count: 100);
        await using var application = await Application.StartAsync(broker);
        await Waiting.UntilAsync(() => application.Stopping.IsCancellationRequested, "The host does not stop.");
        var failure = Assert.IsType<TransportException>(application.Status.Failures[0]);
        Assert.False(failure.IsTransient);
        Assert.StartsWith($"Reading lane {Application.Topic}/2 of group '{Application.Group}' failed: ", failure.Message, StringComparison.Ordinal);
        Assert.EndsWith("Grant this client Read and Describe (to publish: Write) on the topic.", failure.Message, StringComparison.Ordinal);
    }

    [Theory(Timeout = Limit), MemberData(nameof(Protocols))]
    public async Task Answers_that_come_too_late_lose_nothing(bool classic)
    {
        await using var broker = await StartAsync();
        await using var application = await Application.StartAsync(
            broker, kafka => (kafka.Settings["socket.timeout.ms"], kafka.CallTimeout) = ("1000", TimeSpan.FromSeconds(1)), classic ? TestSettings.Classic : TestSettings.ConsumerProtocol);
        await application.PublishAsync(0, 100);
        await application.HandlesAsync(100);
        await broker.SetRoundTripAsync(-1, TimeSpan.FromSeconds(3));
        var publishing = application.PublishAsync(100, 100).AsTask();
        await Waiting.UntilAsync(() => application.Log.ToString().Contains("Timed out ProduceRequest", StringComparison.Ordinal), "No request has timed out.");
        await broker.SetRoundTripAsync(-1, TimeSpan.Zero);
        await publishing;
        await application.PublishAsync(200, 100);
        await AssertHandledAsync(broker, application, 300);
    }

    [Theory(Timeout = Limit), MemberData(nameof(Protocols))]
    public async Task Brokers_that_go_away_and_come_back_lose_nothing(bool classic)
    {
        await using var broker = await StartAsync();
        await using var application = await Application.StartAsync(broker, consumer: classic ? TestSettings.Classic : TestSettings.ConsumerProtocol);
        await application.PublishAsync(0, 100);
        await application.HandlesAsync(100);
        await broker.DownAsync(-1);
        var publishing = application.PublishAsync(100, 100).AsTask();
        await Waiting.UntilAsync(() => application.Log.Warnings.Any(w => w.Contains("no broker can be reached", StringComparison.Ordinal)), "Nobody notices.");
        Assert.False(publishing.IsCompleted);
        await broker.UpAsync(-1);
        await publishing;
        await application.PublishAsync(200, 100);
        await AssertHandledAsync(broker, application, 300);
        Assert.Equal(300, await LogAsync(broker));
        Assert.InRange(application.Log.Warnings.Count, 1, 20);
    }

    [Fact(Timeout = Limit)]
    public async Task Brokers_that_are_absent_at_start_are_named_with_the_remedy_and_the_log_is_not_flooded()
    {
        await using var broker = await StartAsync(brokers: 2);
        await broker.DownAsync(-1);
        var limit = TimeSpan.FromSeconds(3);
        var log = new LogLines();
        await using var transport = new KafkaTransport(new KafkaOptions { Servers = broker.Bootstrap, CallTimeout = limit }, TimeProvider.System, log);
        var began = TimeProvider.System.GetTimestamp();
        var failure = await Assert.ThrowsAsync<TransportException>(() => transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new(Application.Topic, default, default)], RevokeBudget = limit }, TestContext.Current.CancellationToken).AsTask());
        Assert.True(failure.IsTransient);
        Assert.Contains($"The topics of {broker.Bootstrap} cannot be listed within 3 s; is the broker running, and bootstrap.servers right?", failure.Message, StringComparison.Ordinal);
        Assert.InRange(TimeProvider.System.GetElapsedTime(began), limit * 0.9, limit * 5);
        Assert.InRange(log.Warnings.Count, 1, 6); // two brokers, and that there is no other
    }

    [Fact(Timeout = Limit)]
    public async Task Publishing_tells_what_passes_from_what_does_not()
    {
        await using var broker = await StartAsync();
        await using var application = await Application.StartAsync(broker, kafka => kafka.ProducerSettings["message.timeout.ms"] = "8000");
        await broker.FailInTurnAsync(KafkaApi.Produce, (int)ErrorCode.NotLeaderForPartition, (int)ErrorCode.RequestTimedOut, Broker.Disconnect);
        await application.PublishAsync(0, 10); // tried again by itself: each after a pause of the client, which grows to a second
        await broker.DownAsync(-1);
        var late = await Assert.ThrowsAsync<TransportException>(() => application.PublishAsync(10, 1).AsTask());
        Assert.True(late.IsTransient, late.Message);
        await broker.UpAsync(-1);
        await application.PublishAsync(11, 1);
        await broker.FailAsync(KafkaApi.Produce, (int)ErrorCode.TopicAuthorizationFailed);
        var refused = await Assert.ThrowsAsync<TransportException>(() => application.PublishAsync(12, 1).AsTask());
        Assert.False(refused.IsTransient, refused.Message);
        Assert.StartsWith($"Publishing to topic '{Application.Topic}' failed: ", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("Grant this client Read and Describe (to publish: Write) on the topic.", refused.Message, StringComparison.Ordinal);
        await Waiting.UntilAsync(() => application.Handled.Any(static h => h.Id == 11), "The last one is not handled.");
        Assert.Equal([.. Enumerable.Range(0, 10), 11], application.Handled.Select(h => h.Id).Distinct().Order()); // what was sent again after an error the broker process may have twice
    }

    /// <summary>The same before anything is committed: when a new group's start is made durable.</summary>
    [Fact(Timeout = Limit)]
    public async Task A_new_group_that_may_not_be_committed_for_ends_the_host_with_the_remedy()
    {
        await using var broker = await StartAsync();
        await broker.FailAsync(KafkaApi.OffsetCommit, (int)ErrorCode.GroupAuthorizationFailed, count: 100);
        await using var application = await Application.StartAsync(broker);
        await Waiting.UntilAsync(() => application.Stopping.IsCancellationRequested, "The host does not stop.");
        Assert.StartsWith($"Group '{Application.Group}' cannot go on: ", application.Status.Failures[0].Message, StringComparison.Ordinal);
        Assert.EndsWith("Grant this client Read on the group.", application.Status.Failures[0].Message, StringComparison.Ordinal);
    }

    /// <summary>Found by moving leaders: a look-up in the client's callback failed for a moment, and the subscription ended.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(KafkaApi.OffsetFetch, ErrorCode.GroupLoadInProgress), InlineData(KafkaApi.ListOffsets, ErrorCode.LeaderNotAvailable)]
    public async Task A_look_up_that_is_refused_for_a_moment_while_lanes_begin_is_tried_again(KafkaApi api, ErrorCode error)
    {
        await using var broker = await StartAsync();
        await broker.FailAsync(api, (int)error, count: 20);
        await using var application = await Application.StartAsync(broker);
        await application.PublishAsync(0, 100);
        await AssertHandledOnceAsync(broker, application, 100);
        Assert.True(await broker.RequestsAsync(api) > 20);
    }

    private static async Task<Broker> StartAsync(int brokers = 1)
    {
        var broker = await Broker.StartAsync(brokers, stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync(Application.Topic, Partitions);
        return broker;
    }

    /// <summary>Where lanes may have been lost on the way, messages may come again: never out of order in an epoch, and none is missing.</summary>
    private static async Task AssertHandledAsync(Broker broker, Application application, int ids)
    {
        await CommitsAsync(broker, application, ids);
        Assert.Empty(application.Status.Failures);
        Assert.Empty(Enumerable.Range(0, ids).Except(application.Handled.Select(h => h.Id)));
        foreach (var epoch in application.Handled.GroupBy(h => h.Context.Lane))
            Assert.Equal(epoch.Select(h => h.Context.Position.Number).Order(), epoch.Select(h => h.Context.Position.Number));
    }

    private static async Task AssertHandledOnceAsync(Broker broker, Application application, int ids)
    {
        await AssertHandledAsync(broker, application, ids);
        Assert.Equal(ids, application.Handled.Count);
    }

    private static async Task CommitsAsync(Broker broker, Application application, int ids)
    {
        await application.HandlesAsync(ids);
        await Waiting.UntilAsync(
            async () => application.Status.Failures.Count > 0 || await Application.CommittedAsync(broker, Partitions) == await LogAsync(broker),
            () => $"Not all of {ids} messages are committed.\n{application.Log}");
    }

    /// <summary>How many messages the log has, asked of the broker.</summary>
    private static async Task<long> LogAsync(Broker broker)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).SetLogHandler(static (_, _) => { }).Build();
        var ends = await admin.ListOffsetsAsync(Enumerable.Range(0, Partitions).Select(p => new Confluent.Kafka.Admin.TopicPartitionOffsetSpec { TopicPartition = new(Application.Topic, p), OffsetSpec = Confluent.Kafka.Admin.OffsetSpec.Latest() }));
        return ends.ResultInfos.Sum(static r => r.TopicPartitionOffsetError.Offset.Value);
    }
}
