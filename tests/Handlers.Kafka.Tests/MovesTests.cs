using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.ExceptionServices;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

/// <summary>Lanes that go elsewhere, are lost or end while their client is in the middle of something.</summary>
public sealed class MovesTests
{
    private const int Limit = 60_000;

    /// <summary>For what must not happen, to happen.</summary>
    private static readonly TimeSpan Chance = TimeSpan.FromMilliseconds(300);

    /// <summary>The client had handed out a message when the lane went back: it came to the lane behind that, before all that it went back for, and a commit passed that over.</summary>
    [Fact(Timeout = Limit)]
    public async Task What_the_client_hands_out_while_a_lane_goes_back_does_not_come_to_it_afterwards()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await NewBrokerAsync();
        var client = new Calls();
        await using var transport = NewTransport(broker, KafkaReads.Consume, client);
        await PublishAsync(transport, 10);
        await using var subscription = await SubscribeAsync(transport);
        var lane = await NextAsync(subscription);
        Assert.Equal(10, (await ReadAsync(lane, 10)).Count);

        using ManualResetEventSlim holds = new(), moved = new();
        client.After = (name, result) =>
        {
            if (name == nameof(IConsumer<,>.Commit)) moved.Set(); // which follows the move
            if (name != nameof(IConsumer<,>.Consume) || result is not ConsumeResult<byte[], byte[]> { Message: not null } || holds.IsSet) return;
            holds.Set();
            moved.Wait(Chance);
        };
        await PublishAsync(transport, 1);
        holds.Wait(stop);
        await lane.SeekAsync(StartPosition.Earliest, stop);
        Assert.Equal(Enumerable.Range(0, 11).Select(static n => (long)n), await ReadAsync(lane, 11));
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>What the client fetched behind the seek was thrown away with what it had fetched before.</summary>
    [Fact(Timeout = Limit)]
    public async Task What_is_fetched_behind_a_seek_stays()
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await NewBrokerAsync();
        var client = new Calls();
        await using var transport = NewTransport(broker, KafkaReads.Consume, client);
        await PublishAsync(transport, 10);
        await using var subscription = await SubscribeAsync(transport);
        var lane = await NextAsync(subscription);
        Assert.Equal(10, (await ReadAsync(lane, 10)).Count);

        using var sought = new ManualResetEventSlim();
        using var handed = new CountdownEvent(3);
        client.After = (name, result) =>
        {
            if (name == nameof(IConsumer<,>.Seek))
            {
                sought.Set();
                handed.Wait(Chance);
            }
            else if (name == nameof(IConsumer<,>.Consume) && result is not null && sought.IsSet && !handed.IsSet)
            {
                handed.Signal();
            }
        };
        await lane.SeekAsync(StartPosition.Earliest, stop);
        Assert.Equal(Enumerable.Range(0, 10).Select(static n => (long)n), await ReadAsync(lane, 10));
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    public static TheoryData<KafkaReads, KafkaApi, ErrorCode> Refusals => new(
        (KafkaReads.Queues, KafkaApi.OffsetCommit, ErrorCode.RebalanceInProgress), (KafkaReads.Consume, KafkaApi.OffsetCommit, ErrorCode.RebalanceInProgress),
        (KafkaReads.Queues, KafkaApi.OffsetCommit, ErrorCode.NotCoordinatorForGroup), (KafkaReads.Consume, KafkaApi.ListOffsets, ErrorCode.LeaderNotAvailable));

    /// <summary>It ended the subscription, and the host with it.</summary>
    [Theory(Timeout = Limit), MemberData(nameof(Refusals))]
    public async Task A_rewind_that_is_refused_for_a_moment_is_tried_again(KafkaReads reads, KafkaApi api, ErrorCode error)
    {
        await using var broker = await NewBrokerAsync();
        await using var transport = NewTransport(broker, reads, new Calls());
        await PublishAsync(transport, 10);
        await using var subscription = await SubscribeAsync(transport);
        var lane = await NextAsync(subscription);
        Assert.Equal(10, (await ReadAsync(lane, 10)).Count);
        await broker.ClearAsync();
        await broker.FailAsync(api, (int)error, count: 6); // the client tries some of them again itself
        await lane.SeekAsync(StartPosition.Behind(new Position(4)), TestContext.Current.CancellationToken);
        Assert.Equal([5L, 6, 7, 8, 9], await ReadAsync(lane, 5));
        Assert.True(await broker.RequestsAsync(api) > 6);
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>What the client does not know it hands to the application, and goes on fetching: fed by Consume, the lane ended with it.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(KafkaReads.Queues), InlineData(KafkaReads.Consume)]
    public async Task A_fetch_that_fails_for_a_moment_ends_nothing(KafkaReads reads)
    {
        await using var broker = await NewBrokerAsync();
        var log = new LogLines();
        await using var transport = NewTransport(broker, reads, new Calls(), log);
        await broker.FailPartitionAsync("topic", 0, KafkaApi.Fetch, (int)ErrorCode.Unknown, count: 2);
        await using var subscription = await SubscribeAsync(transport);
        var lane = await NextAsync(subscription);
        var reading = ReadAsync(lane, 10);
        await Waiting.UntilAsync(() => reading.IsCompleted || log.Texts(3007).Count > 0, "The failure is not reported.");
        await PublishAsync(transport, 10);
        Assert.Equal(10, (await reading).Count);
        Assert.Contains(log.Texts(3007), static t => t.Contains(nameof(ErrorCode.Unknown), StringComparison.Ordinal));
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    /// <summary>A commit left out a lane that had ended, and said so by nothing: what was to be handled once it was committed was handled, and was another's.</summary>
    [Fact]
    public void A_lane_that_a_commit_leaves_out_is_known_to_be_lost()
    {
        var source = new Source();
        var lane = new KafkaLane(null!, new TopicPartition("topic", 0), source, 1);
        source.Ending = () => source.WasLost = lane.Lost.IsCancellationRequested;
        lane.Lose();
        Assert.True(source.WasLost);
    }

    /// <summary>The same of the lanes that are lost with it, and while that is logged.</summary>
    [Fact(Timeout = Limit)]
    public async Task Lanes_that_are_lost_know_it_before_anything_else_is_done()
    {
        await using var broker = await NewBrokerAsync(partitions: 2);
        var (lanes, known) = (new ConcurrentBag<ILane>(), new ConcurrentQueue<bool>());
        await using var transport = NewTransport(broker, KafkaReads.Queues, new Calls(), new Log(id =>
        {
            if (id == 3003) known.Enqueue(lanes.All(static l => l.Lost.IsCancellationRequested));
        }));
        await using var subscription = await SubscribeAsync(transport);
        await foreach (var lane in subscription.LanesAsync(TestContext.Current.CancellationToken))
        {
            lanes.Add(lane);
            if (lanes.Count == 2) break;
        }

        await broker.FailAsync(KafkaApi.ConsumerGroupHeartbeat, (int)ErrorCode.FencedMemberEpoch);
        await Waiting.UntilAsync(() => known.Count == 2, "They are not lost.");
        Assert.Equal([true, true], known);
    }

    /// <summary>The end destroyed the client under a call that had not ended.</summary>
    [Theory(Timeout = Limit)]
    [InlineData(KafkaReads.Queues), InlineData(KafkaReads.Consume)]
    public async Task A_client_with_a_call_under_way_ends_when_that_has(KafkaReads reads)
    {
        await using var broker = await NewBrokerAsync();
        var client = new Calls();
        var log = new LogLines();
        await using var transport = NewTransport(broker, reads, client, log, kafka => kafka.RebalanceTimeout = TimeSpan.FromMilliseconds(200));
        var subscription = await SubscribeAsync(transport);
        await NextAsync(subscription);
        using ManualResetEventSlim inside = new(), leave = new();
        var (isInside, ended, endedInside) = (false, 0, false);
        client.Before = name =>
        {
            if (name is nameof(IDisposable.Dispose) or nameof(IConsumer<,>.Close)) (ended, endedInside) = (ended + 1, endedInside | Volatile.Read(ref isInside));
        };
        client.After = (name, _) =>
        {
            if (name != nameof(IConsumer<,>.QueryWatermarkOffsets)) return;
            Volatile.Write(ref isInside, true);
            inside.Set();
            leave.Wait();
            Volatile.Write(ref isInside, false);
        };
        var looking = subscription.LookAsync(TestContext.Current.CancellationToken).AsTask();
        inside.Wait(TestContext.Current.CancellationToken);
        await subscription.DisposeAsync();
        Assert.Single(log.Texts(3005));
        leave.Set();
        await looking;
        await Waiting.UntilAsync(() => Volatile.Read(ref ended) > 0, "The client does not end.");
        Assert.False(endedInside);
    }

    private static async Task<Broker> NewBrokerAsync(int partitions = 1)
    {
        var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync("topic", partitions);
        return broker;
    }

    private static KafkaTransport NewTransport(Broker broker, KafkaReads reads, Calls calls, ILogger? log = null, Action<KafkaOptions>? configure = null)
    {
        var options = new KafkaOptions { Servers = broker.Bootstrap, Reads = reads, ConsumerBuilder = config => new Builder(config, calls) };
        foreach (var (name, value) in TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        configure?.Invoke(options);
        return new KafkaTransport(options, TimeProvider.System, log ?? NullLogger.Instance);
    }

    private static ValueTask PublishAsync(KafkaTransport transport, int count) =>
        transport.Publisher.PublishAsync([.. Enumerable.Range(0, count).Select(static n => new OutgoingMessage { Topic = "topic", Body = OutgoingMessage.Utf8($"{n}") })], TestContext.Current.CancellationToken);

    private static ValueTask<ISubscription> SubscribeAsync(KafkaTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new("topic", StartPosition.Earliest, default)], RevokeBudget = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);

    private static async Task<ILane> NextAsync(ISubscription subscription)
    {
        await foreach (var lane in subscription.LanesAsync(TestContext.Current.CancellationToken)) return lane;
        throw new InvalidOperationException("There is no lane.");
    }

    private static async Task<List<long>> ReadAsync(ILane lane, int count)
    {
        var (read, batch) = (new List<long>(), new MessageBatch(1_000, 1 << 20));
        while (read.Count < count)
        {
            Assert.True(await lane.ReadAsync(batch, TestContext.Current.CancellationToken));
            for (var i = 0; i < batch.Count; i++) read.Add(batch[i].Position.Number);
            batch.Clear();
        }

        return read;
    }

    /// <summary>What is done beside a consumer's calls, on their threads.</summary>
    private sealed class Calls
    {
        public Action<string> Before { get; set; } = static _ => { };

        public Action<string, object?> After { get; set; } = static (_, _) => { };
    }

    private sealed class Builder(ConsumerConfig config, Calls calls) : ConsumerBuilder<byte[], byte[]>(config)
    {
        public override IConsumer<byte[], byte[]> Build()
        {
            var consumer = DispatchProxy.Create<IConsumer<byte[], byte[]>, Watched>();
            var inner = base.Build();
            ((Watched)consumer).Call = (method, args) =>
            {
                calls.Before(method.Name);
                var result = method.Invoke(inner, args);
                calls.After(method.Name, result);
                return result;
            };
            return consumer;
        }
    }

    /// <summary>Public and not sealed: the framework inherits from it.</summary>
    public class Watched : DispatchProxy
    {
        internal Func<MethodInfo, object?[]?, object?> Call { get; set; } = null!;

        protected override object? Invoke(MethodInfo? targetMethod, object?[]? args)
        {
            try
            {
                return Call(targetMethod!, args);
            }
            catch (TargetInvocationException e)
            {
                ExceptionDispatchInfo.Throw(e.InnerException!);
                throw;
            }
        }
    }

    private sealed class Source() : LaneSource(0)
    {
        public Action Ending { get; set; } = static () => { };

        public bool WasLost { get; set; }

        public override void Read(MessageBatch into) { }

        public override Task WhenReadable() => Task.CompletedTask;

        public override void Wake() { }

        public override void Clear(long next) { }

        public override void Dispose() => Ending();
    }

    private sealed class Log(Action<int> written) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        void ILogger.Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) => written(eventId.Id);
    }
}
