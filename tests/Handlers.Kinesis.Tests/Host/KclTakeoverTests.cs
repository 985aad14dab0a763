using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.Hosting;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// An application of the Kinesis Client Library is stopped, a host goes on in its table (rows as <see cref="KclWorker"/> has them), and it goes on after the host. What
/// it would read is what npm's aws-kinesis-agg finds behind a row's checkpoint.
/// </summary>
public sealed class KclTakeoverTests
{
    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Its_table_is_taken_over_and_given_back_at_the_exact_record_of_each_shard()
    {
        Assert.SkipWhen(NodeKinesis.Missing is not null, NodeKinesis.Missing ?? "");
        await using var hosts = await KinesisHosts.BeginAsync(3);
        var tables = await Servers.DynaliteAsync();
        using var dynamo = Dynamo(tables);
        var table = hosts.Stream;
        var kcl = new KclWorker(dynamo, table, "kcl-after");

        // 0: two aggregates and a plain record. 1: split into 3 and 4. 2: nothing of it is handled.
        var shards = await hosts.ShardsAsync();
        var (zero, one, two) = (shards[0], shards[1], shards[2]);
        var first = await AggregateAsync(hosts, zero, "a");
        var plain = await hosts.PutAsync("plain", zero.HashKeyRange.StartingHashKey);
        var second = await AggregateAsync(hosts, zero, "b");
        await hosts.PutAsync("of the parent", one.HashKeyRange.StartingHashKey);
        await hosts.PutAsync("e0", two.HashKeyRange.StartingHashKey);
        var half = (Key(one.HashKeyRange.StartingHashKey) + ((Key(one.HashKeyRange.EndingHashKey) - Key(one.HashKeyRange.StartingHashKey)) / 2)).ToString(CultureInfo.InvariantCulture);
        await hosts.Client.SplitShardAsync(new SplitShardRequest { StreamName = hosts.Stream, ShardToSplit = one.ShardId, NewStartingHashKey = half }, Stop);
        await hosts.ActiveAsync();
        var children = (await hosts.ShardsAsync()).Where(s => s.ParentShardId == one.ShardId).ToList();
        var (three, four) = (children[0], children[1]);
        var handled = await hosts.PutAsync("c0", three.HashKeyRange.StartingHashKey);
        foreach (var (body, shard) in (IEnumerable<(string, Amazon.Kinesis.Model.Shard)>)[("c1", three), ("d0", four), ("d1", four)]) await hosts.PutAsync(body, shard.HashKeyRange.StartingHashKey);

        await using (var store = new DynamoLeaseStore(Dynamo(tables), table, TimeProvider.System)) await store.PrepareAsync(Stop);
        var middle = KclWorker.Item(zero.ShardId, first.Sequence, subSequence: 2, counter: 41, owner: "kcl-before");
        (middle["entityType"], middle["throughputKBps"]) = (new() { S = "LEASE" }, new() { N = "12.5" });
        await kcl.PutAsync(Ranged(middle, zero));
        await kcl.PutAsync(Ranged(KclWorker.Item(one.ShardId, "SHARD_END", counter: 9, owner: "kcl-before", children: [three.ShardId, four.ShardId]), one));
        await kcl.PutAsync(Ranged(KclWorker.Item(three.ShardId, handled.SequenceNumber, counter: 3, owner: "kcl-before", parents: [one.ShardId]), three)); // 4 has no row yet
        await kcl.PutAsync(Ranged(KclWorker.Item(two.ShardId, "TRIM_HORIZON"), two));
        await kcl.PutAsync(new() { ["leaseKey"] = new() { S = "Leader" }, ["entityType"] = new() { S = "LEADER" }, ["ownerName"] = new() { S = "kcl-before" } });

        // The host is to stop in the middle of the second aggregate, when all the others are handled.
        hosts.Handle = async (body, _) =>
        {
            if (body != "b3") return;
            await hosts.UntilAsync(() => hosts.Handled.Count == 11, "all before and beside it is handled");
            throw new StopProcessingException("far enough");
        };
        var host = await hosts.StartAsync(options => options.Leases = new KinesisLeaseOptions { Endpoint = tables, Table = table, LeaseTime = TimeSpan.FromSeconds(1) });
        await host.WaitForShutdownAsync(Stop);
        await KinesisHosts.StopAsync(host);
        Assert.Equal(["a3", "a4", "a5", "plain", "b0", "b1", "b2"], hosts.Bodies(zero.ShardId));
        Assert.Equal(["e0"], hosts.Bodies(two.ShardId));
        Assert.Equal(["c1"], hosts.Bodies(three.ShardId));
        Assert.Equal(["d0", "d1"], hosts.Bodies(four.ShardId));
        Assert.Equal(11, hosts.Handled.Count);
        Assert.Equal((plain.SequenceNumber, 0L), hosts.Handled.Where(static h => h.Body == "plain").Select(static h => (h.Position.Sequence!, h.Position.Number)).Single());

        // Given back as that library has it.
        foreach (var (body, shard) in (IEnumerable<(string, Amazon.Kinesis.Model.Shard)>)[("e1", two), ("c2", three), ("d2", four)]) await hosts.PutAsync(body, shard.HashKeyRange.StartingHashKey);
        var all = await NodeKinesis.ReadAsync(hosts.Endpoint, hosts.Stream, deaggregate: true, Stop);
        foreach (var (shard, counter, next) in (IEnumerable<(Amazon.Kinesis.Model.Shard, long, string[])>)[(zero, 41, ["b3", "b4", "b5"]), (two, 0, ["e1"]), (three, 3, ["c2"]), (four, 0, ["d2"])])
        {
            var row = await DynaliteLeases.RawAsync(dynamo, table, shard.ShardId);
            Assert.DoesNotContain(row.Keys, static k => k is "leaseOwner" or "checkpointOwner" || k.StartsWith("pending", StringComparison.Ordinal) || k.StartsWith("handlers", StringComparison.Ordinal));
            Assert.Equal("0", row["ownerSwitchesSinceCheckpoint"].N);
            Assert.Equal((shard.HashKeyRange.StartingHashKey, shard.HashKeyRange.EndingHashKey), (row["startingHashKey"].S, row["endingHashKey"].S));
            var now = long.Parse(row["leaseCounter"].N, CultureInfo.InvariantCulture);
            Assert.True(now > counter, $"{shard.ShardId}: the counter is {now} after {counter}");
            var at = (Key(row["checkpoint"].S), long.Parse(row["checkpointSubSequenceNumber"].N, CultureInfo.InvariantCulture));
            Assert.Equal(next, all.Where(r => r.Position!.Shard == shard.ShardId && (Key(r.Position.Sequence), r.SubSequence ?? 0).CompareTo(at) > 0).Select(static r => r.Text));
            Assert.True(await kcl.TakeAsync(shard.ShardId, now));
            Assert.True(await kcl.CheckpointAsync(shard.ShardId, now + 1, row["checkpoint"].S));
        }

        var kept = await DynaliteLeases.RawAsync(dynamo, table, zero.ShardId);
        Assert.Equal((second.Sequence, "12.5", "LEASE"), (kept["checkpoint"].S, kept["throughputKBps"].N, kept["entityType"].S));
        foreach (var child in children) Assert.Equal([one.ShardId], (await DynaliteLeases.RawAsync(dynamo, table, child.ShardId))["parentShardId"].SS);
        Assert.Equal("kcl-before", (await DynaliteLeases.RawAsync(dynamo, table, "Leader"))["ownerName"].S);
        if (await DynaliteLeases.RawAsync(dynamo, table, one.ShardId) is { Count: > 0 } parent) // it may be cleaned up as soon as both children have begun
        {
            Assert.Equal("SHARD_END", parent["checkpoint"].S);
            Assert.Equal(new[] { three.ShardId, four.ShardId }.Order(), parent["childShardIds"].SS.Order());
        }
    }

    /// <summary>Six records in one, all of the shard, by somebody else's library.</summary>
    private static async Task<PeerPosition> AggregateAsync(KinesisHosts hosts, Amazon.Kinesis.Model.Shard shard, string name)
    {
        var where = await NodeKinesis.AggregateAsync(hosts.Endpoint, hosts.Stream, Enumerable.Range(0, 6).Select(i => new PeerRecord("k", $"{name}{i}") { HashKey = shard.HashKeyRange.StartingHashKey }), Stop);
        Assert.Equal(shard.ShardId, Assert.Single(where).Shard);
        return where[0];
    }

    private static Dictionary<string, AttributeValue> Ranged(Dictionary<string, AttributeValue> item, Amazon.Kinesis.Model.Shard shard)
    {
        (item["startingHashKey"], item["endingHashKey"]) = (new() { S = shard.HashKeyRange.StartingHashKey }, new() { S = shard.HashKeyRange.EndingHashKey });
        return item;
    }

    private static AmazonDynamoDBClient Dynamo(string endpoint) => new(Emulator.AccessKey, Emulator.SecretKey, new AmazonDynamoDBConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region });

    private static System.Numerics.BigInteger Key(string number) => System.Numerics.BigInteger.Parse(number, CultureInfo.InvariantCulture);
}
