using System.Threading.Channels;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime.EventStreams;
using Handlers.Testing;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Tests;

public sealed class FanOutReaderTests : ShardReaderTest
{
    private const int Limit = 60_000;

    private readonly List<Subscription> subscriptions = [];
    private readonly Queue<Exception> refusals = new();
    private readonly FakeClock clock = new();

    [Fact(Timeout = Limit)]
    public async Task Events_are_read_one_at_a_time_and_their_records_in_order()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        subscriptions[0].Send(Event("9", "8"), Event("10", "9", "10"), Event("11"), Event("12", "12"));
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        Assert.Equal(3, subscriptions[0].Waiting); // not read: that is the back-pressure
        Assert.Equal(["9:0 9", "10:0 10"], await FetchedAsync(reader));
        Assert.Equal([], await FetchedAsync(reader));
        Assert.Equal(["12:0 12"], await FetchedAsync(reader));
        Assert.Equal("TRIM_HORIZON", Assert.Single(subscriptions).At.Type.Value);
        Assert.Equal(Seconds(1), reader.State.LagTime);
    }

    [Fact(Timeout = Limit)]
    public async Task A_subscription_that_is_over_goes_on_behind_the_last_event()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        subscriptions[0].Send(Event("15", "8"));
        subscriptions[0].End();
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        Assert.Equal(ShardRead.Nothing, await reader.FetchAsync(1, default));
        Assert.True(subscriptions[0].IsDisposed);
        await reader.OpenAsync(default);
        Assert.Equal(new StartingPoint(ShardIteratorType.AFTER_SEQUENCE_NUMBER, "15", null), subscriptions[1].At);
    }

    [Fact(Timeout = Limit)]
    public async Task It_is_renewed_before_five_minutes_are_over_between_two_events()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        subscriptions[0].Send(Event("9", "8"), Event("10", "9"));
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        clock.Advance(Seconds(289));
        Assert.Equal(["9:0 9"], await FetchedAsync(reader));
        clock.Advance(Seconds(1));
        var fetching = reader.FetchAsync(1, default).AsTask();
        await UntilAsync(() => subscriptions.Count == 2);
        Assert.True(subscriptions[0].IsDisposed);
        Assert.Equal("10", subscriptions[1].At.Sequence);
        subscriptions[1].Send(Event("11", "10"));
        Assert.Equal(ShardRead.Records, await fetching);
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_within_an_aggregate_is_where_it_begins_and_begins_again_without_a_continuation()
    {
        await using var reader = Fan(After("9", 1));
        await reader.OpenAsync(default);
        Assert.Equal(new StartingPoint(ShardIteratorType.AT_SEQUENCE_NUMBER, "9", null), subscriptions[0].At);
        subscriptions[0].Break(new IOException("reset"));
        var fetching = reader.FetchAsync(1, default).AsTask();
        clock.Advance(Seconds(5));
        Assert.Equal(ShardRead.Nothing, await fetching);
        await reader.OpenAsync(default);
        Assert.Equal("9", subscriptions[1].At.Sequence);
        var aggregate = new Record { SequenceNumber = "9", PartitionKey = "k", Data = new MemoryStream(Aggregated("a", "b", "c")) };
        subscriptions[1].Send(new SubscribeToShardEvent { ContinuationSequenceNumber = "9", MillisBehindLatest = 0, Records = [aggregate] });
        Assert.Equal(["9:2 c"], await FetchedAsync(reader));
        Assert.Equal(2, reader.Replayed);
    }

    [Fact(Timeout = Limit)]
    public async Task A_continuation_that_is_refused_gives_way_to_the_last_record()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        subscriptions[0].Send(Event("15", "8"));
        subscriptions[0].End();
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        Assert.Equal(ShardRead.Nothing, await reader.FetchAsync(1, default));
        refusals.Enqueue(KinesisErrors.Of(new InvalidArgumentException("no"), new KinesisCall("SubscribeToShard", "s")));
        await reader.OpenAsync(default);
        Assert.Equal(new StartingPoint(ShardIteratorType.AT_SEQUENCE_NUMBER, "8", null), subscriptions[1].At);
    }

    [Fact(Timeout = Limit)]
    public async Task Another_subscription_of_the_same_consumer_is_waited_for()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        for (var i = 0; i < 20; i++) refusals.Enqueue(KinesisErrors.Of(new ResourceInUseException("another"), new KinesisCall("SubscribeToShard", "s")));
        for (var i = 0; i < 20; i++)
        {
            var fetching = reader.FetchAsync(1, default).AsTask();
            clock.Advance(Seconds(5));
            Assert.Equal(ShardRead.Nothing, await fetching);
        }

        await reader.OpenAsync(default);
        Assert.Single(subscriptions);
    }

    [Fact(Timeout = Limit)]
    public async Task And_by_who_opens_a_shard_before_it_is_read()
    {
        await using var reader = Fan(LeaseCheckpoint.Latest(null));
        for (var i = 0; i < 20; i++) refusals.Enqueue(KinesisErrors.Of(new ResourceInUseException("another"), new KinesisCall("SubscribeToShard", "s")));
        var opening = reader.OpenAsync(default).AsTask();
        while (!opening.IsCompleted)
        {
            clock.Advance(Seconds(5));
            await Task.Delay(1, CancellationToken.None);
        }

        Assert.Equal(ShardRead.Nothing, await opening);
        Assert.Equal(StartingPoint.Latest, Assert.Single(subscriptions).At);
        Assert.Equal(1, Log.Count(4114));
    }

    [Fact(Timeout = Limit)]
    public async Task What_breaks_it_is_tried_again_as_a_call_is()
    {
        Options.Retry = new KinesisRetry(Tries: 3, Delay: Seconds(1));
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        for (var i = 0; i < 3; i++)
        {
            await reader.OpenAsync(default);
            subscriptions[^1].Break(new KinesisEventStreamException("odd", new InternalFailureException("odd")));
            var fetching = reader.FetchAsync(1, default).AsTask();
            clock.Advance(Seconds(2));
            if (i < 2) Assert.Equal(ShardRead.Nothing, await fetching);
            else Assert.True((await Assert.ThrowsAsync<TransportException>(() => fetching)).IsTransient);
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_service_that_is_away_is_outlived_and_an_error_that_nobody_knows_is_not()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        foreach (var (error, times) in new (Exception, int)[] { (new IOException("reset"), 20), (new KinesisEventStreamException("odd"), 4) })
        {
            for (var i = 0; i < times; i++) Assert.Equal(ShardRead.Nothing, await BrokenAsync(error));
            if (error is IOException) continue;
            await Assert.ThrowsAsync<TransportException>(() => BrokenAsync(error));
        }

        async Task<ShardRead> BrokenAsync(Exception error)
        {
            await reader.OpenAsync(default);
            if (subscriptions.Count == 21) // a new beginning: what was before does not count
            {
                subscriptions[^1].Send(Event("9", "8"));
                Assert.Equal(["8:0 8"], await FetchedAsync(reader));
            }

            subscriptions[^1].Break(error);
            var fetching = reader.FetchAsync(1, default).AsTask();
            clock.Advance(Seconds(40));
            return await fetching;
        }
    }

    [Fact(Timeout = Limit)]
    public async Task A_consumer_that_is_taken_away_while_it_is_read_is_asked_for_again()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        subscriptions[0].Send(Event("15", "8"));
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        subscriptions[0].Break(new KinesisEventStreamException("none", new ResourceNotFoundException("no such consumer")));
        var fetching = reader.FetchAsync(1, default).AsTask();
        await UntilAsync(() => subscriptions[0].IsDisposed);
        while (!fetching.IsCompleted)
        {
            clock.Advance(Seconds(1));
            await Task.Delay(1, CancellationToken.None);
        }

        Assert.Equal(ShardRead.Nothing, await fetching);
        await reader.OpenAsync(default);
        Assert.Equal("15", subscriptions[1].At.Sequence);
    }

    [Fact(Timeout = Limit)]
    public async Task Silence_is_a_dead_connection()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        var fetching = reader.FetchAsync(1, default).AsTask();
        clock.Advance(Seconds(35));
        await UntilAsync(() => subscriptions[0].IsDisposed);
        while (!fetching.IsCompleted)
        {
            clock.Advance(Seconds(1));
            await Task.Delay(1, CancellationToken.None);
        }

        Assert.Equal(ShardRead.Nothing, await fetching);
    }

    [Fact(Timeout = Limit)]
    public async Task A_wait_that_is_given_up_loses_no_event()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        using var stop = new CancellationTokenSource();
        var fetching = reader.FetchAsync(1, stop.Token).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => fetching);
        subscriptions[0].Send(Event("9", "8"));
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        Assert.False(subscriptions[0].IsDisposed);
    }

    [Fact(Timeout = Limit)]
    public async Task A_shard_that_ends_names_the_shards_in_its_place()
    {
        await using var reader = Fan(LeaseCheckpoint.Horizon);
        await reader.OpenAsync(default);
        var last = Event(null, "8");
        last.ChildShards = [new ChildShard { ShardId = "child", ParentShards = [ShardId] }];
        subscriptions[0].Send(last);
        Assert.Equal(["8:0 8"], await FetchedAsync(reader));
        Assert.Equal(ShardRead.End, await reader.FetchAsync(1, default));
        Assert.Equal("child", Assert.Single(reader.Children).Id);
        Assert.True(subscriptions[0].IsDisposed);
    }

    private FanOutReader Fan(LeaseCheckpoint from)
    {
        var calls = new KinesisCalls(Service, Options.Retry, clock, Log, random: static () => 1);
        return new FanOutReader(calls, new KinesisStreams(calls), new ShardToRead("s", ShardId, from, MessageParts.All), KinesisLostPosition.Fail, (at, _) =>
        {
            if (refusals.TryDequeue(out var error)) return ValueTask.FromException<ShardEvents>(error);
            subscriptions.Add(new Subscription(at));
            return new(new ShardEvents(subscriptions[^1], subscriptions[^1]));
        });
    }

    private static async Task<List<string>> FetchedAsync(FanOutReader reader)
    {
        await reader.FetchAsync(1, default);
        List<string> read = [];
        var batch = new MessageBatch(100, 1000);
        if (reader.TryTake(batch)) foreach (ref readonly var message in batch.Messages) read.Add($"{message.Position} {Text(message.Body)}");
        return read;
    }

    private static SubscribeToShardEvent Event(string? continuation, params string[] sequences) => new()
    {
        ContinuationSequenceNumber = continuation,
        MillisBehindLatest = 1000,
        Records = [.. sequences.Select(static s => new Record { SequenceNumber = s, PartitionKey = "k", Data = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(s)) })],
    };

    /// <summary>Events that a test sends.</summary>
    private sealed class Subscription(StartingPoint at) : IAsyncEnumerator<IEventStreamEvent>, IDisposable
    {
        private readonly Channel<IEventStreamEvent> events = Channel.CreateUnbounded<IEventStreamEvent>();
        private bool isMoving;

        public StartingPoint At => at;

        public bool IsDisposed { get; private set; }

        public int Waiting => events.Reader.Count;

        public IEventStreamEvent Current { get; private set; } = null!;

        public void Send(params SubscribeToShardEvent[] sent)
        {
            foreach (var e in sent) Assert.True(events.Writer.TryWrite(e));
        }

        public void End() => events.Writer.Complete();

        public void Break(Exception error) => events.Writer.Complete(error);

        public async ValueTask<bool> MoveNextAsync()
        {
            // As the SDK's enumerator: one at a time.
            if (isMoving) throw new InvalidOperationException("It is read already.");
            isMoving = true;
            try
            {
                if (!await events.Reader.WaitToReadAsync()) return false;
                events.Reader.TryRead(out var next);
                Current = next!;
                return true;
            }
            finally
            {
                isMoving = false;
            }
        }

        public void Dispose()
        {
            IsDisposed = true;
            events.Writer.TryComplete(new ObjectDisposedException("stream"));
        }

        public ValueTask DisposeAsync() => default;
    }
}
