using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>
/// What is sent to the group in a transaction. The broker process answers that and forgets it, so nothing that is read afterwards would tell a wrong
/// offset, or a member of another generation.
/// </summary>
public sealed class TransactionalOffsetsTests
{
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(5);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = 60_000)]
    public async Task They_are_behind_what_was_handled_with_the_group_as_it_is_now()
    {
        await using var broker = await Broker.StartAsync(stop: Stop);
        await broker.CreateTopicAsync("orders", 3);
        await broker.CreateTopicAsync("results", 1);
        var (sent, consumers) = (new ConcurrentQueue<Sent>(), new ConcurrentQueue<IConsumer<byte[], byte[]>>());
        await using var transport = Transport(broker, sent, consumers);
        await transport.Publisher.PublishAsync([.. Enumerable.Range(0, 60).Select(n => new OutgoingMessage { Topic = "orders", Key = OutgoingMessage.Utf8($"{n}"), Body = OutgoingMessage.Utf8($"{n}") })], Stop);
        await using var subscription = await SubscribeAsync(transport);
        await using var given = subscription.LanesAsync(Stop).GetAsyncEnumerator(Stop);
        var lanes = new List<ITransactionalLane>();
        while (lanes.Count < 3 && await given.MoveNextAsync()) lanes.Add((ITransactionalLane)given.Current);

        await HandleAsync(lanes[0], 2);
        await HandleAsync(lanes[2], 3);
        await subscription.FlushAsync(Stop);
        AssertSent([(lanes[0], 2), (lanes[2], 3)]);
        await HandleAsync(lanes[2], 1);
        await subscription.FlushAsync(Stop);
        AssertSent([(lanes[2], 4)]); // and nothing again
        var before = Now();

        await using var other = Transport(broker, [], []);
        await using var second = await SubscribeAsync(other);
        await using var taken = second.LanesAsync(Stop).GetAsyncEnumerator(Stop);
        var taking = taken.MoveNextAsync().AsTask();
        var going = await Task.WhenAny(lanes.Select(static l => l.Revoked)).WaitAsync(Stop);
        var gone = lanes.Where(l => l.Revoked == going || l.Revoked.IsCompleted).ToList();
        foreach (var lane in gone) await lane.ReleaseAsync(LaneEnd.Revoked);
        Assert.True(await taking);
        var kept = lanes.Except(gone).First();
        var at = kept == lanes[0] ? 2 : kept == lanes[2] ? 4 : 0;
        await HandleAsync(kept, 1);
        await subscription.FlushAsync(Stop);
        AssertSent([(kept, at + 1)]);
        Assert.NotEqual(before, Now());
        await second.DisposeAsync();
        Assert.True(await given.MoveNextAsync()); // the broker process has a group in the midst of a rebalance wait for who leaves it

        string Now() => Text(consumers.Single().ConsumerGroupMetadata);

        void AssertSent(List<(ITransactionalLane Lane, long Offset)> expected)
        {
            var last = Assert.Single(sent);
            sent.Clear();
            Assert.Equal(expected.Select(static e => $"{e.Lane.Id.Partition} at {e.Offset}").Order(), last.Offsets.Order());
            Assert.Equal(last.Present, last.Member);
            Assert.Equal(Now(), last.Member);
        }
    }

    private static async Task HandleAsync(ITransactionalLane lane, int count)
    {
        for (var i = 0; i < count; i++)
        {
            var batch = new MessageBatch(1, 1000);
            Assert.True(await lane.ReadAsync(batch, Stop));
            lane.Store(batch[0].Position, [new OutgoingMessage { Topic = "results", Body = OutgoingMessage.Utf8("x") }]);
            batch.Clear();
        }
    }

    private static ValueTask<ISubscription> SubscribeAsync(KafkaTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new("orders", StartPosition.Earliest, default) { IsTransactional = true }], RevokeBudget = Budget }, Stop);

    private static KafkaTransport Transport(Broker broker, ConcurrentQueue<Sent> sent, ConcurrentQueue<IConsumer<byte[], byte[]>> consumers)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap };
        foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        options.ConsumerBuilder = config => new Watched(config, consumers);
        options.ProducerBuilder = config => new Recorded(config, (offsets, member) => sent.Enqueue(new(offsets, Text(member), Text(consumers.Single().ConsumerGroupMetadata))));
        return new KafkaTransport(options, TimeProvider.System, new LogLines(Microsoft.Extensions.Logging.LogLevel.Debug));
    }

    /// <summary>Group, generation and member, as the client gives them to the brokers.</summary>
    private static string Text(IConsumerGroupMetadata member) =>
        Convert.ToHexString((byte[])member.GetType().GetField("serializedMetadata", BindingFlags.Instance | BindingFlags.NonPublic)!.GetValue(member)!);

    /// <param name="Offsets">Each as "partition at offset".</param>
    /// <param name="Member">Who sent them.</param>
    /// <param name="Present">Who the member was at that moment.</param>
    private sealed record Sent(List<string> Offsets, string Member, string Present);

    private sealed class Watched(ConsumerConfig config, ConcurrentQueue<IConsumer<byte[], byte[]>> made) : ConsumerBuilder<byte[], byte[]>(config)
    {
        public override IConsumer<byte[], byte[]> Build()
        {
            var consumer = base.Build();
            made.Enqueue(consumer);
            return consumer;
        }
    }

    private sealed class Recorded(ProducerConfig config, Action<List<string>, IConsumerGroupMetadata> onSent) : ProducerBuilder<byte[], byte[]>(config)
    {
        public override IProducer<byte[], byte[]> Build()
        {
            var proxy = DispatchProxy.Create<IProducer<byte[], byte[]>, Producer>();
            ((Producer)(object)proxy).Inner = base.Build();
            ((Producer)(object)proxy).OnSent = onSent;
            return proxy;
        }
    }

    /// <summary>Public and not sealed: the framework inherits from it.</summary>
    public class Producer : DispatchProxy
    {
        internal IProducer<byte[], byte[]> Inner { get; set; } = null!;

        internal Action<List<string>, IConsumerGroupMetadata> OnSent { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            if (targetMethod!.Name == nameof(IProducer<,>.SendOffsetsToTransaction))
                OnSent([.. ((IEnumerable<TopicPartitionOffset>)args![0]!).Select(static o => $"{o.Partition.Value} at {o.Offset.Value}")], (IConsumerGroupMetadata)args[1]!);
            try
            {
                return targetMethod.Invoke(Inner, args);
            }
            catch (TargetInvocationException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException!);
                throw;
            }
        }
    }
}
