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
        using var process = Process.GetProcessById(broker.ProcessId);
        await broker.DisposeAsync();
        await process.WaitForExitAsync(TestContext.Current.CancellationToken);
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
}
