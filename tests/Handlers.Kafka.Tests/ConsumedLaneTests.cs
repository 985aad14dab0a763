using System.Collections.Concurrent;
using System.Reflection;
using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>Lanes that plain Consume feeds, and that are paused at the client while they are full.</summary>
public sealed class ConsumedLaneTests
{
    /// <summary>In two partitions: more than two lanes take before they are paused.</summary>
    private const int Messages = 12_000;

    [Fact(Timeout = 60_000)]
    public async Task A_lane_that_was_paused_when_it_was_lost_is_read_when_it_comes_back()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 2);
        var paused = new ConcurrentBag<TopicPartition>();
        await using var transport = NewTransport(broker, paused);
        await transport.Publisher.PublishAsync([.. Enumerable.Range(0, Messages).Select(n => new OutgoingMessage { Topic = "topic", Key = OutgoingMessage.Utf8($"{n}"), Body = OutgoingMessage.Utf8($"{n}") })], stop);
        await using var subscription = await SubscribeAsync(transport);
        await using var lanes = subscription.LanesAsync(stop).GetAsyncEnumerator(stop);
        var first = await NextAsync(lanes, 2);
        await Waiting.UntilAsync(() => paused.Distinct().Count() == 2); // nobody reads

        await broker.FailAsync(KafkaApi.ConsumerGroupHeartbeat, (int)ErrorCode.FencedMemberEpoch);
        var again = await NextAsync(lanes, 2);
        Assert.All(first, lane => Assert.True(lane.Lost.IsCancellationRequested));
        foreach (var lane in again) await AssertReadToEndAsync(broker, lane);
    }

    private static KafkaTransport NewTransport(Broker broker, ConcurrentBag<TopicPartition> paused)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap, Reads = KafkaReads.Consume, ConsumerBuilder = config => new Builder(config, paused) };
        foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        return new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
    }

    private static ValueTask<ISubscription> SubscribeAsync(KafkaTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);

    private static async Task<List<ILane>> NextAsync(IAsyncEnumerator<ILane> lanes, int count)
    {
        var next = new List<ILane>();
        while (next.Count < count && await lanes.MoveNextAsync()) next.Add(lanes.Current);
        return next;
    }

    private static async Task AssertReadToEndAsync(Broker broker, ILane lane)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).Build();
        var partition = new TopicPartition("topic", int.Parse(lane.Id.Partition, System.Globalization.CultureInfo.InvariantCulture));
        var end = (await admin.ListOffsetsAsync([new TopicPartitionOffsetSpec { TopicPartition = partition, OffsetSpec = OffsetSpec.Latest() }])).ResultInfos[0].TopicPartitionOffsetError.Offset.Value;
        var batch = new MessageBatch(1_000, 1 << 20);
        long read = 0;
        do
        {
            Assert.True(await lane.ReadAsync(batch, TestContext.Current.CancellationToken));
            for (var i = 0; i < batch.Count; i++) Assert.Equal(read++, batch[i].Position.Number);
            batch.Clear();
        }
        while (read < end);

        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>Its consumers write down what they are asked to pause.</summary>
    private sealed class Builder(ConsumerConfig config, ConcurrentBag<TopicPartition> paused) : ConsumerBuilder<byte[], byte[]>(config)
    {
        public override IConsumer<byte[], byte[]> Build()
        {
            var consumer = DispatchProxy.Create<IConsumer<byte[], byte[]>, Listening>();
            (((Listening)consumer).Inner, ((Listening)consumer).Paused) = (base.Build(), paused);
            return consumer;
        }
    }

    /// <summary>Public and not sealed: the framework inherits from it.</summary>
    public class Listening : DispatchProxy
    {
        internal IConsumer<byte[], byte[]> Inner { get; set; } = null!;

        internal ConcurrentBag<TopicPartition> Paused { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            object? result;
            try
            {
                result = targetMethod!.Invoke(Inner, args);
            }
            catch (TargetInvocationException e)
            {
                System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(e.InnerException!);
                throw;
            }

            if (targetMethod.Name == nameof(IConsumer<,>.Pause)) foreach (var partition in (IEnumerable<TopicPartition>)args![0]!) Paused.Add(partition);
            return result;
        }
    }
}
