using Amazon.Kinesis.Model;

namespace Handlers.Kinesis.Tests;

/// <summary>A lane whose position is refused while handlers are at work begins anew: what they store then is of before.</summary>
public sealed class StartOverTests : IAsyncDisposable
{
    private const int Limit = 60_000;

    private readonly FakeKinesis service = new(TimeProvider.System);
    private readonly Kept kept = new();
    private readonly KinesisTransport transport;

    public StartOverTests() => transport = new KinesisTransport(
        new KinesisOptions
        {
            Client = () => service,
            Checkpoints = () => kept,
            Start = StartFrom.Earliest,
            OnLostPosition = KinesisLostPosition.StartOver,
            FetchInterval = TimeSpan.FromMilliseconds(5),
        },
        TimeProvider.System, new ReadLogged());

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task What_a_handler_of_before_stores_is_not_committed_over_the_new_start()
    {
        var shard = service.Add("s").Shards[0];
        shard.Add("old");
        shard.Add("older handler");
        await using var subscription = await transport.SubscribeAsync(new SubscriptionRequest { Group = "g", Topics = [new SubscribedTopic("s", default, MessageParts.All)], RevokeBudget = TimeSpan.FromSeconds(5) }, Stop);
        await using var lanes = subscription.LanesAsync(Stop).GetAsyncEnumerator(Stop);
        Assert.True(await lanes.MoveNextAsync());
        var lane = lanes.Current;
        var batch = new MessageBatch(10, 1000);
        Assert.True(await lane.ReadAsync(batch, Stop));
        var (first, last) = (batch[0].Position, batch[1].Position);
        lane.Store(first);
        await subscription.FlushAsync(Stop);
        Assert.Equal(first, kept.Last!.Handled);

        // The stream is made anew: other records, and a service that does not know the position.
        shard.Remove(2);
        shard.Add("new");
        shard.Add("newer");
        service.Fail("GetShardIterator", new InvalidArgumentException("not of this shard"));
        service.ExpireIterators();
        batch.Clear();
        Assert.True(await lane.ReadAsync(batch, Stop));
        Assert.Null(kept.Last!.Handled); // at its start
        lane.Store(last);
        await subscription.FlushAsync(Stop);
        Assert.Null(kept.Last!.Handled);
        lane.Store(batch[0].Position);
        await subscription.FlushAsync(Stop);
        Assert.Equal(batch[0].Position, kept.Last!.Handled);
        await lane.ReleaseAsync(LaneEnd.Stopped);
    }

    public ValueTask DisposeAsync() => transport.DisposeAsync();

    private sealed class Kept : ICheckpointStore
    {
        private volatile ShardCheckpoint? last;

        public ShardCheckpoint? Last => last;

        public ValueTask<ShardCheckpoint?> ReadAsync(ShardKey shard, CancellationToken stop) => new(last);

        public ValueTask WriteAsync(ShardKey shard, ShardCheckpoint checkpoint, CancellationToken stop)
        {
            last = checkpoint;
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }
}
