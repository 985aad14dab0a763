using System.Net;
using System.Text;
using System.Threading.Channels;
using Amazon.Kinesis;
using Amazon.Runtime;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>Members of a group whose leases are in memory: what they do when leases change hands and when what they rest on is away.</summary>
public sealed class StreamLeasesTests : IAsyncDisposable
{
    private const int Limit = 60_000;

    private readonly FakeKinesis kinesis = new(TimeProvider.System);
    private readonly MemoryLeaseStore rows = new();
    private readonly List<Member> members = [];

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    public async ValueTask DisposeAsync()
    {
        foreach (var member in members) await member.DisposeAsync();
        kinesis.Dispose();
    }

    [Fact(Timeout = Limit)]
    public async Task Latest_is_not_said_anew_when_a_lease_made_here_was_begun_by_another()
    {
        var stream = kinesis.Add("s", shards: 2);
        var first = await JoinAsync(StartFrom.Latest, store => store.Refuses = static (seen, _) => seen is { Shard: "shardId-000000000001" });
        await first.LaneAsync(stream.Shards[0].Id); // it has made both leases, and taken one
        var second = await JoinAsync(StartFrom.Latest);
        var lane = await second.LaneAsync(stream.Shards[1].Id);
        kinesis.Append("s", 1, "precious");
        Assert.Equal("precious", await ReadAsync(lane));
        await second.AbandonAsync();                        // before its commit
        first.Store.Refuses = null;
        Assert.Equal("precious", await ReadAsync(await first.LaneAsync(stream.Shards[1].Id)));
    }

    [Fact(Timeout = Limit)]
    public async Task Latest_of_a_first_start_that_was_cut_off_holds_for_the_leases_that_it_did_not_make()
    {
        var stream = kinesis.Add("s", shards: 2);
        // A first start said so, made one of the leases, and ended.
        var said = TimeProvider.System.GetUtcNow().AddSeconds(-5);
        Assert.True(rows.TryWrite(null, new Lease { Shard = stream.Shards[0].Id, Checkpoint = LeaseCheckpoint.Latest(said) }));
        kinesis.Append("s", 1, "since then");
        var member = await JoinAsync(StartFrom.Latest);
        Assert.Equal("since then", await ReadAsync(await member.LaneAsync(stream.Shards[1].Id)));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_that_cannot_be_given_back_is_no_error()
    {
        var stream = kinesis.Add("s");
        var member = await JoinAsync(StartFrom.Earliest);
        var lane = await member.LaneAsync(stream.Shards[0].Id);
        member.Store.IsAway = true;
        await lane.ReleaseAsync(LaneEnd.Revoked);
        Assert.Contains("giving back shard shardId-000000000000", member.Log.All, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task Leases_of_the_dead_are_taken_while_the_stream_does_not_list_its_shards()
    {
        var stream = kinesis.Add("s", shards: 2);
        var dead = await JoinAsync(StartFrom.Earliest);
        await dead.LaneAsync(stream.Shards[0].Id);
        await dead.LaneAsync(stream.Shards[1].Id);
        var other = await JoinAsync(StartFrom.Earliest);
        await other.MatchedAsync();
        kinesis.Fail("ListShards", new AmazonKinesisException("away", ErrorType.Receiver, "InternalFailure", "r", HttpStatusCode.InternalServerError), 100_000);
        await dead.AbandonAsync();
        await other.LaneAsync(stream.Shards[0].Id);
        await other.LaneAsync(stream.Shards[1].Id);
    }

    [Fact(Timeout = Limit)]
    public async Task A_store_that_is_away_while_a_lane_begins_is_waited_for()
    {
        var stream = kinesis.Add("s");
        // As the Kinesis Client Library writes it: each reader says what LATEST is, and ours writes it down.
        Assert.True(rows.TryWrite(null, new Lease { Shard = stream.Shards[0].Id, Checkpoint = LeaseCheckpoint.Latest(null) }));
        var left = 7;
        var member = await JoinAsync(StartFrom.Earliest, store => store.Refuses = (seen, next) =>
            seen is { Owner: not null } && next is { Checkpoint: { Kind: CheckpointKind.Latest, Time: not null } } && --left >= 0 ? throw new TransportException("The store is away.") { IsTransient = true } : false);
        await member.LaneAsync(stream.Shards[0].Id);
        Assert.True(left < 0);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_a_shard_that_the_service_lists_as_open_is_no_end_but_an_error_with_the_remedy()
    {
        var shard = kinesis.Add("s").Shards[0].Id;
        Assert.True(rows.TryWrite(null, new Lease { Shard = shard, Checkpoint = LeaseCheckpoint.End })); // of a stream that was deleted and made anew
        var member = await JoinAsync(StartFrom.Earliest);
        var error = Assert.IsType<TransportException>((await Assert.ThrowsAsync<ChannelClosedException>(() => member.LaneAsync(shard))).InnerException);
        Assert.Equal((TransportErrorKind.Positions, false), (error.Kind, error.IsTransient));
        foreach (var part in (string[])["stream 's'", shard, "OnLostPosition", "made anew"]) Assert.Contains(part, error.Message, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task The_end_of_a_shard_that_the_service_lists_as_open_starts_over_where_that_is_allowed_and_loudly()
    {
        var shard = kinesis.Add("s").Shards[0].Id;
        Assert.True(rows.TryWrite(null, new Lease { Shard = shard, Checkpoint = LeaseCheckpoint.End, Children = ["shardId-000000000008", "shardId-000000000009"] }));
        kinesis.Append("s", 0, "new");
        var member = await JoinAsync(StartFrom.Earliest, configure: static options => options.OnLostPosition = KinesisLostPosition.StartOver);
        Assert.Equal("new", await ReadAsync(await member.LaneAsync(shard)));
        Assert.Contains("starts over", member.Log.All, StringComparison.Ordinal);
    }

    [Fact(Timeout = Limit)]
    public async Task A_list_that_is_older_than_the_end_of_a_shard_is_asked_for_again()
    {
        var stream = kinesis.Add("s");
        var root = stream.Shards[0];
        root.IsClosed = true;
        stream.Shards.Add(new FakeShard("shardId-000000000001", [root.Id]));
        Assert.True(rows.TryWrite(null, new Lease { Shard = root.Id, Checkpoint = LeaseCheckpoint.End, Children = ["shardId-000000000001"] }));
        Assert.True(rows.TryWrite(null, new Lease { Shard = "shardId-000000000001", Checkpoint = LeaseCheckpoint.Horizon, Parents = [root.Id] }));
        var lists = 0;
        kinesis.Listed = answer =>
        {
            if (++lists > 1) return;
            answer.Shards.RemoveAt(1);
            answer.Shards[0].SequenceNumberRange.EndingSequenceNumber = null;
        };
        kinesis.Append("s", 1, "child");
        var member = await JoinAsync(StartFrom.Earliest);
        var lane = await member.LaneAsync("shardId-000000000001");
        while (kinesis.Calls("ListShards") < 3) await Task.Delay(10, Stop); // it has looked twice, and matched again
        Assert.Equal("child", await ReadAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task Where_one_shard_is_named_its_lease_is_written_with_its_parents_and_waits_for_none()
    {
        var stream = kinesis.Add("s");
        stream.Shards[0].IsClosed = true;
        stream.Shards.Add(new FakeShard("shardId-000000000001", [stream.Shards[0].Id]));
        Assert.True(rows.TryWrite(null, new Lease { Shard = stream.Shards[0].Id, Checkpoint = LeaseCheckpoint.Horizon })); // which others have not read
        var member = await JoinAsync(StartFrom.Earliest, configure: static options => options.ShardId = "shardId-000000000001");
        await member.LaneAsync("shardId-000000000001");
        Assert.Equal([stream.Shards[0].Id], (await rows.ReadAsync("shardId-000000000001", Stop))!.Parents);
    }

    [Fact(Timeout = Limit)]
    public async Task Two_groups_do_not_share_a_table()
    {
        kinesis.Add("s");
        await using var transport = new KinesisTransport(new KinesisOptions { Client = () => kinesis, Leases = new KinesisLeaseOptions { Table = "kcl", Endpoint = "http://127.0.0.1:9" }, Region = "us-east-1", AccessKey = "k", SecretKey = "s" }, TimeProvider.System, NullLogger.Instance);
        await using var first = transport.Leases("g1", "s", checkpoints: null);
        await using var again = transport.Leases("g1", "s", checkpoints: null); // the same group
        var error = Assert.Throws<TransportException>(() => transport.Leases("g2", "s", checkpoints: null));
        Assert.StartsWith("Leases:Table 'kcl' gives stream 's' of group 'g2' the same table 'kcl' as stream 's' of group 'g1'", error.Message, StringComparison.Ordinal);
    }

    private async Task<Member> JoinAsync(StartFrom start, Action<SharedStore>? set = null, Action<KinesisOptions>? configure = null)
    {
        var member = new Member(kinesis, rows, configure);
        members.Add(member);
        set?.Invoke(member.Store);
        await member.BeginAsync(start);
        return member;
    }

    private static async Task<string> ReadAsync(ILane lane)
    {
        var batch = new MessageBatch(1, 1 << 20);
        Assert.True(await lane.ReadAsync(batch, Stop));
        return Encoding.UTF8.GetString(batch[0].Body.Span);
    }

    /// <summary>A process of the group.</summary>
    private sealed class Member : IAsyncDisposable
    {
        private readonly KinesisTransport transport;
        private readonly Channel<ILane> lanes = Channel.CreateUnbounded<ILane>();
        private readonly Dictionary<string, ILane> seen = [];
        private readonly CancellationTokenSource ending = new();
        private Task listening = Task.CompletedTask;
        private ISubscription subscription = null!;

        public Member(FakeKinesis kinesis, MemoryLeaseStore rows, Action<KinesisOptions>? configure)
        {
            Store = new SharedStore(rows);
            var options = new KinesisOptions { Client = () => kinesis, Leases = new KinesisLeaseOptions { LeaseTime = TimeSpan.FromSeconds(1) }, FetchInterval = TimeSpan.FromMilliseconds(10), ShardInterval = TimeSpan.FromSeconds(1) };
            configure?.Invoke(options);
            transport = new KinesisTransport(options, TimeProvider.System, Log, handled: "s") { LeaseStore = () => Store };
        }

        public SharedStore Store { get; }

        public ReadLogged Log { get; } = new();

        public async Task BeginAsync(StartFrom start)
        {
            subscription = await transport.SubscribeAsync(new SubscriptionRequest { Group = "g", Topics = [new SubscribedTopic("s", new StartPosition(start), MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(1) }, Stop);
            listening = ListenAsync();
        }

        public async Task<ILane> LaneAsync(string shard)
        {
            while (!seen.ContainsKey(shard))
            {
                var lane = await lanes.Reader.ReadAsync(Stop);
                seen[lane.Id.Partition] = lane;
            }

            return seen[shard];
        }

        /// <summary>It has brought leases and shards together.</summary>
        public async Task MatchedAsync()
        {
            while (Store.Lists < 3) await Task.Delay(10, Stop);
        }

        public ValueTask AbandonAsync() => transport.AbandonAsync();

        public async ValueTask DisposeAsync()
        {
            await ending.CancelAsync();
            await transport.DisposeAsync();
            await listening;
            ending.Dispose();
        }

        private async Task ListenAsync()
        {
            try
            {
                await foreach (var lane in subscription.LanesAsync(ending.Token)) lanes.Writer.TryWrite(lane);
            }
            catch (TransportException e)
            {
                lanes.Writer.TryComplete(e);
            }
        }
    }

    /// <summary>One member's way to rows that all share.</summary>
    private sealed class SharedStore(MemoryLeaseStore rows) : ILeaseStore
    {
        private int lists;

        public Func<Lease?, Lease?, bool>? Refuses { get; set; }

        public bool IsAway { get; set; }

        public int Lists => Volatile.Read(ref lists);

        public ValueTask PrepareAsync(CancellationToken stop) => default;

        public ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop)
        {
            Meet();
            Interlocked.Increment(ref lists);
            return rows.ListAsync(stop);
        }

        public ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop)
        {
            Meet();
            return rows.ReadAsync(shard, stop);
        }

        public ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop)
        {
            Meet();
            return new(Refuses?.Invoke(seen, next) != true && rows.TryWrite(seen, next));
        }

        public ValueTask DisposeAsync() => default;

        private void Meet()
        {
            if (IsAway) throw new TransportException("The store is away.") { IsTransient = true };
        }
    }
}
