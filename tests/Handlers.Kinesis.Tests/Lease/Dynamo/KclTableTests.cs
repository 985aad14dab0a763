using Amazon.DynamoDBv2;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

/// <summary>An application of the Kinesis Client Library is taken over in its own table, and given back.</summary>
public sealed class KclTableTests(DynaliteLeases leases) : IClassFixture<DynaliteLeases>
{
    private const string Sequence = "49590338271490256608559692538361571095921575989136588898";
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(30);

    private readonly FakeClock clock = new();

    [Fact]
    public async Task A_stopped_application_is_taken_over_at_the_exact_position_and_given_back()
    {
        using var client = leases.Client();
        var table = leases.Table();
        var kcl = new KclWorker(client, table, "kcl-2");
        var ours = await StartAsync(client, table, "ours", match: false);

        // 0: in the middle of an aggregate. 1: done, split into 2 and 3, of which 3 has no lease: cut off between. 4: at 3.5's, half handed over. 5: prepared.
        await kcl.PutAsync(KclWorker.Item("shardId-0", Sequence, 17, counter: 41, owner: "dead"));
        await kcl.PutAsync(KclWorker.Item("shardId-1", "SHARD_END", counter: 9, owner: "dead", children: ["shardId-2", "shardId-3"]));
        await kcl.PutAsync(KclWorker.Item("shardId-2", "TRIM_HORIZON", parents: ["shardId-1"]));
        var handing = KclWorker.Item("shardId-4", Sequence, counter: 7, owner: "dead");
        handing["checkpointOwner"] = new() { S = "dead too" };
        handing["entityType"] = new() { S = "LEASE" };
        handing["throughputKBps"] = new() { N = "12.5" };
        await kcl.PutAsync(handing);
        var prepared = KclWorker.Item("shardId-5", "LATEST", counter: 3);
        prepared["pendingCheckpoint"] = new() { S = Sequence };
        prepared["pendingCheckpointSubSequenceNumber"] = new() { N = "1" };
        await kcl.PutAsync(prepared);
        await kcl.PutAsync(new() { ["leaseKey"] = new() { S = "Leader" }, ["entityType"] = new() { S = "LEADER" }, ["ownerName"] = new() { S = "dead" } });

        await ours.Table.MatchAsync(_ => new(
        [
            new("shardId-0", [], ("0", "1"), false), new("shardId-1", [], ("2", "3"), true), new("shardId-2", ["shardId-1"], ("2", "2"), false),
            new("shardId-3", ["shardId-1"], ("3", "3"), false), new("shardId-4", [], ("4", "5"), false), new("shardId-5", [], ("6", "7"), false),
        ]), default);
        await ours.Table.TakeAsync(default);
        Assert.Equal(["shardId-2", "shardId-3", "shardId-5"], ours.Table.Held.Select(static l => l.Shard).Order()); // the others may still be held
        clock.Advance(LeaseTime / 2);
        await ours.Table.RenewAsync(default);
        clock.Advance(LeaseTime / 2);
        await ours.Table.TakeAsync(default);

        Assert.Equal(
            [
                ("shardId-0", LeaseCheckpoint.After(new Position(Sequence, 17))), ("shardId-2", LeaseCheckpoint.Horizon), ("shardId-3", LeaseCheckpoint.Horizon),
                ("shardId-4", LeaseCheckpoint.After(new Position(Sequence, 0))), ("shardId-5", LeaseCheckpoint.Latest(null)),
            ],
            ours.Taken.Select(static l => (l.Shard, l.Begin)).OrderBy(static l => l.Shard, StringComparer.Ordinal));
        Assert.DoesNotContain("checkpointOwner", (await DynaliteLeases.RawAsync(client, table, "shardId-4")).Keys);

        var next = LeaseCheckpoint.After(new Position("49590338271490256608559692538361571095921575989136588899", 2));
        foreach (var lease in ours.Table.Held)
        {
            Assert.True(await ours.Table.CheckpointAsync(lease, next, default));
            await ours.Table.ReleaseAsync(lease, default);
        }

        // As the library's own serializer would have it, with what is not ours still there.
        foreach (var (shard, counter) in new[] { ("shardId-0", 41), ("shardId-2", 0), ("shardId-3", 0), ("shardId-4", 7), ("shardId-5", 3) })
        {
            var row = await DynaliteLeases.RawAsync(client, table, shard);
            Assert.Equal(next.Handled.Sequence, row["checkpoint"].S);
            Assert.Equal("2", row["checkpointSubSequenceNumber"].N);
            Assert.Equal("0", row["ownerSwitchesSinceCheckpoint"].N);
            Assert.DoesNotContain("leaseOwner", row.Keys);
            Assert.DoesNotContain("pendingCheckpoint", row.Keys);
            Assert.DoesNotContain(row.Keys, static k => k.StartsWith("handlers", StringComparison.Ordinal));
            var now = long.Parse(row["leaseCounter"].N, null);
            Assert.True(now > counter);
            Assert.True(await kcl.TakeAsync(shard, now));
            Assert.True(await kcl.CheckpointAsync(shard, now + 1, Sequence + "0"));
        }

        var fourth = await DynaliteLeases.RawAsync(client, table, "shardId-4");
        Assert.Equal(("12.5", "LEASE"), (fourth["throughputKBps"].N, fourth["entityType"].S));
        Assert.Equal(["shardId-1"], (await DynaliteLeases.RawAsync(client, table, "shardId-3"))["parentShardId"].SS);
        Assert.Equal("SHARD_END", (await DynaliteLeases.RawAsync(client, table, "shardId-1"))["checkpoint"].S);
        Assert.Equal("dead", (await DynaliteLeases.RawAsync(client, table, "Leader"))["ownerName"].S);
        Assert.Empty(ours.Lost);
    }

    [Fact]
    public async Task A_running_worker_of_version_2_that_takes_a_lease_fences_ours()
    {
        using var client = leases.Client();
        var table = leases.Table();
        var ours = await StartAsync(client, table, "ours");
        var lease = ours.Taken.First();
        Assert.True(await new KclWorker(client, table, "kcl-2").TakeAsync(lease.Shard, lease.Row.Counter));
        Assert.False(await ours.Table.CheckpointAsync(lease, ModelShard.At(1), default));
        Assert.Contains("kcl-2", Assert.Single(ours.Lost).Why, StringComparison.Ordinal);
        Assert.Equal("TRIM_HORIZON", (await DynaliteLeases.RawAsync(client, table, lease.Shard))["checkpoint"].S);
    }

    [Fact]
    public async Task A_running_worker_of_version_2_goes_on_until_its_time_is_over_and_is_fenced_then()
    {
        using var client = leases.Client();
        var table = leases.Table();
        var kcl = new KclWorker(client, table, "kcl-2");
        var (ours, shard, counter) = await AskAsync(client, table, kcl);
        for (var passed = TimeSpan.Zero; passed < HandOverTime; passed += TimeSpan.FromSeconds(3))
        {
            Assert.True(await kcl.RenewAsync(shard, counter++));
            await ours.Table.RenewAsync(default);
            Assert.Empty(ours.Taken);
            clock.Advance(TimeSpan.FromSeconds(3));
        }

        await ours.Table.RenewAsync(default);
        Assert.Equal(shard, Assert.Single(ours.Taken).Shard);
        Assert.False(await kcl.CheckpointAsync(shard, counter, Sequence));
    }

    [Fact]
    public async Task A_worker_of_version_3_hands_a_lease_over_to_ours()
    {
        using var client = leases.Client();
        var table = leases.Table();
        var kcl = new KclWorker(client, table, "kcl-3");
        var (ours, shard, counter) = await AskAsync(client, table, kcl);
        Assert.True(await kcl.CheckpointAsync(shard, counter, Sequence));
        await ours.Table.RenewAsync(default);
        Assert.Empty(ours.Taken);
        Assert.True(await kcl.GiveAsync(shard, "ours"));
        await ours.Table.RenewAsync(default);
        Assert.Equal(LeaseCheckpoint.After(new Position(Sequence, 0)), Assert.Single(ours.Taken).Begin);
    }

    [Fact]
    public async Task A_lease_that_version_3_asks_ours_for_is_handed_over_as_it_expects()
    {
        using var client = leases.Client();
        var table = leases.Table();
        var kcl = new KclWorker(client, table, "kcl-3");
        var ours = await StartAsync(client, table, "ours");
        var lease = ours.Taken.First();
        Assert.True(await kcl.AskAsync(lease.Shard, "ours"));
        await ours.Table.RenewAsync(default);
        Assert.Equal(lease, Assert.Single(ours.Wanted).Lease);
        Assert.True(await ours.Table.CheckpointAsync(lease, ModelShard.At(7), default));
        var before = await DynaliteLeases.RawAsync(client, table, lease.Shard);
        await ours.Table.ReleaseAsync(lease, default);
        var row = await DynaliteLeases.RawAsync(client, table, lease.Shard);
        Assert.Equal("kcl-3", row["leaseOwner"].S);
        Assert.DoesNotContain("checkpointOwner", row.Keys);
        Assert.Equal(long.Parse(before["leaseCounter"].N, null) + 1, long.Parse(row["leaseCounter"].N, null));
        Assert.True(await kcl.CheckpointAsync(lease.Shard, long.Parse(row["leaseCounter"].N, null), Sequence));
        Assert.Empty(ours.Lost);
    }

    /// <summary>Two leases of a worker of theirs, one of which ours has asked for.</summary>
    private async Task<(Told Ours, string Shard, long Counter)> AskAsync(AmazonDynamoDBClient client, string table, KclWorker kcl)
    {
        var ours = await StartAsync(client, table, "ours", match: false);
        await kcl.PutAsync(KclWorker.Item("s", "TRIM_HORIZON"));
        await kcl.PutAsync(KclWorker.Item("t", "TRIM_HORIZON"));
        Assert.True(await kcl.TakeAsync("s", 0));
        Assert.True(await kcl.TakeAsync("t", 0));
        await ours.Table.MatchAsync(static _ => new([new("s", [], ("0", "4"), false), new("t", [], ("5", "9"), false)]), default);
        for (var i = 0; i < 2; i++) await ours.Table.TakeAsync(default);
        var (first, second) = (await DynaliteLeases.RawAsync(client, table, "s"), await DynaliteLeases.RawAsync(client, table, "t"));
        var asked = Assert.Single(new[] { first, second }, static r => r["leaseOwner"].S == "ours");
        Assert.Equal(("kcl", "1"), (asked["checkpointOwner"].S[..3], asked["leaseCounter"].N));
        return (ours, asked["leaseKey"].S, 1);
    }

    private async Task<Told> StartAsync(AmazonDynamoDBClient client, string table, string name, bool match = true)
    {
        var told = new Told();
        var store = new DynamoLeaseStore(client, table, TimeProvider.System);
        told.Table = new LeaseTable(store, new LeaseTableOptions(name, LeaseTime, HandOverTime, LeaseCheckpoint.Horizon), told, clock, static _ => 0);
        await told.Table.PrepareAsync(default);
        if (!match) return told;
        await told.Table.MatchAsync(static _ => new([new("s", [], ("0", "4"), false), new("t", [], ("5", "9"), false)]), default);
        await told.Table.TakeAsync(default);
        Assert.Equal(2, told.Taken.Count);
        return told;
    }

    private sealed class Told : ILeaseListener
    {
        public LeaseTable Table { get; set; } = null!;

        public List<HeldLease> Taken { get; } = [];

        public List<(HeldLease Lease, DateTimeOffset Deadline)> Wanted { get; } = [];

        public List<(HeldLease Lease, string Why)> Lost { get; } = [];

        void ILeaseListener.Taken(HeldLease lease)
        {
            lock (Taken) Taken.Add(lease);
        }

        void ILeaseListener.Wanted(HeldLease lease, DateTimeOffset deadline) => Wanted.Add((lease, deadline));

        void ILeaseListener.Lost(HeldLease lease, string why) => Lost.Add((lease, why));
    }
}
