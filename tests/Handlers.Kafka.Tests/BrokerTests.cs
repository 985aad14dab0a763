using System.Diagnostics;
using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>The broker that the other tests run against.</summary>
public sealed class BrokerTests
{
    private const int Limit = 60_000;

    [Fact(Timeout = Limit)]
    public async Task It_says_where_it_listens_and_ends_with_its_input()
    {
        var broker = await Broker.StartAsync(brokers: 3, stop: TestContext.Current.CancellationToken);
        Assert.Equal(3, broker.Bootstrap.Split(',').Distinct().Count());
        var id = broker.ProcessId;
        await broker.DisposeAsync();
        Assert.Throws<ArgumentException>(() => Process.GetProcessById(id));
        Assert.Equal("", broker.Errors.Trim());
    }

    [Fact(Timeout = Limit)]
    public async Task A_topic_has_as_many_partitions_as_it_was_made_with()
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("seven", 7);
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        Assert.Equal(7, admin.GetMetadata("seven", TimeSpan.FromSeconds(10)).Topics.Single().Partitions.Count);
        Assert.Contains("exists", (await Assert.ThrowsAsync<InvalidOperationException>(() => broker.CreateTopicAsync("seven", 7))).Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Requests_fail_as_they_are_told_and_are_counted()
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", 1);
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap, MessageSendMaxRetries = 0 }).Build();
        await broker.FailAsync(KafkaApi.Produce, (int)ErrorCode.InvalidRequiredAcks, count: 2);
        for (var i = 0; i < 2; i++)
            Assert.Equal(ErrorCode.InvalidRequiredAcks, (await Assert.ThrowsAsync<ProduceException<Null, string>>(ProduceAsync)).Error.Code);
        Assert.Equal(0, (await ProduceAsync()).Offset.Value);
        Assert.Equal(3, await broker.RequestsAsync(KafkaApi.Produce));
        await broker.FailPartitionAsync("topic", 0, KafkaApi.Produce, (int)ErrorCode.InvalidRequiredAcks);
        Assert.Equal(ErrorCode.InvalidRequiredAcks, (await Assert.ThrowsAsync<ProduceException<Null, string>>(ProduceAsync)).Error.Code);
        await broker.FailAtAsync(1, KafkaApi.Produce, (int)ErrorCode.RecordListTooLarge, TimeSpan.FromMilliseconds(20));
        Assert.Equal(ErrorCode.RecordListTooLarge, (await Assert.ThrowsAsync<ProduceException<Null, string>>(ProduceAsync)).Error.Code);
        await broker.FailAsync(KafkaApi.Produce, (int)ErrorCode.InvalidRequiredAcks);
        await broker.ClearAsync();
        Assert.Equal(1, (await ProduceAsync()).Offset.Value);
        Assert.Equal(1, await broker.RequestsAsync(KafkaApi.Produce));

        Task<DeliveryResult<Null, string>> ProduceAsync() => producer.ProduceAsync("topic", new Message<Null, string> { Value = "x" }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_sent_to_a_broker_that_is_down_waits_until_it_is_up()
    {
        await using var broker = await Broker.StartAsync(brokers: 3, stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", 1);
        await broker.SetLeaderAsync("topic", 0, 3);
        using var producer = new ProducerBuilder<Null, string>(new ProducerConfig { BootstrapServers = broker.Bootstrap }).SetLogHandler((_, _) => { }).Build();
        Assert.Equal(0, (await ProduceAsync()).Offset.Value);
        await broker.DownAsync(3);
        var sent = ProduceAsync();
        await broker.SetRoundTripAsync(3, TimeSpan.FromMilliseconds(1));
        Assert.False(sent.IsCompleted);
        await broker.UpAsync(3);
        Assert.Equal(1, (await sent).Offset.Value);

        Task<DeliveryResult<Null, string>> ProduceAsync() => producer.ProduceAsync("topic", new Message<Null, string> { Value = "x" }, TestContext.Current.CancellationToken);
    }

    [Fact(Timeout = Limit)]
    public async Task What_it_cannot_do_it_says()
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        Assert.Contains("at least 1", (await Refused(() => broker.CreateTopicAsync("topic", 0))).Message, StringComparison.Ordinal);
        Assert.Contains("BROKER_NOT_AVAILABLE", (await Refused(() => broker.DownAsync(9))).Message, StringComparison.Ordinal);
        Assert.Contains("is no command", (await Refused(() => broker.DeleteTopicAsync("two words"))).Message, StringComparison.Ordinal);
        Assert.Contains("at least 1", (await Refused(() => Broker.StartAsync(brokers: 0))).Message, StringComparison.Ordinal);

        static Task<InvalidOperationException> Refused(Func<Task> command) => Assert.ThrowsAsync<InvalidOperationException>(command);
    }
}
