using System.Text;
using System.Text.Json.Nodes;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>The tools that other tests rely on do what they say.</summary>
public sealed class PeersTests(KinesaliteServer server) : IClassFixture<KinesaliteServer>
{
    private const int Limit = 60_000;
    private const string First = "shardId-000000000000";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task Node_reads_what_it_put_and_what_it_aggregated()
    {
        using var client = Client();
        Assert.SkipUnless(NodeKinesis.Missing is null, NodeKinesis.Missing ?? "");
        var stream = await client.StreamAsync(shards: 2);
        const string Upper = "340282366920938463463374607431768211455";
        PeerRecord[] plain = [new("größer", "1") { HashKey = "0" }, new("b", [0, 255]) { HashKey = Upper }];
        var positions = await NodeKinesis.PutAsync(server.Emulator.Endpoint, stream, plain, Stop);
        Assert.Equal([First, "shardId-000000000001"], positions.Select(p => p.Shard));
        var aggregate = Assert.Single(await NodeKinesis.AggregateAsync(server.Emulator.Endpoint, stream, [new("k1", "x") { HashKey = "5" }, new("k2", "y") { HashKey = "6" }], Stop));
        Assert.Equal(First, aggregate.Shard);

        var raw = await NodeKinesis.ReadAsync(server.Emulator.Endpoint, stream, stop: Stop);
        Assert.Equal(["größer", "k1", "b"], raw.Select(r => r.Key));
        Assert.Equal([0xf3, 0x89, 0x9a, 0xc2], raw[1].Data[..4]);
        Assert.Equal(plain[1].Data, raw[2].Data);
        Assert.Equal([positions[0], aggregate, positions[1]], raw.Select(r => r.Position));
        var read = await NodeKinesis.ReadAsync(server.Emulator.Endpoint, stream, deaggregate: true, Stop);
        Assert.Equal([("größer", "1", null, null), ("k1", "x", "5", 0L), ("k2", "y", "6", (long?)1)], read.Take(3).Select(r => (r.Key, r.Text, r.HashKey, r.SubSequence)));
    }

    [Fact(Timeout = Limit)]
    public async Task The_proxy_expires_iterators_that_were_given_and_no_later_ones()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        var stream = await client.StreamAsync();
        var old = await client.IteratorAsync(stream, First, ShardIteratorType.TRIM_HORIZON);
        var older = (await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = old }, Stop)).NextShardIterator;
        proxy.ExpireIterators();
        await Assert.ThrowsAsync<ExpiredIteratorException>(() => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = old }, Stop));
        await Assert.ThrowsAsync<ExpiredIteratorException>(() => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = older }, Stop));
        // The emulator may give the very same one again within one millisecond.
        await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = await client.IteratorAsync(stream, First, ShardIteratorType.TRIM_HORIZON) }, Stop);
        Assert.Equal(4, proxy.Calls("GetRecords"));
    }

    [Fact(Timeout = Limit)]
    public async Task The_proxy_fails_some_records_and_loses_an_answer()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        var stream = await client.StreamAsync();
        proxy.FailRecords("InternalFailure", 1);
        var put = await PutAsync(client, stream, "a", "b", "c");
        Assert.Equal(1, put.FailedRecordCount);
        Assert.Equal([null, "InternalFailure", null], put.Records.Select(r => r.ErrorCode));
        proxy.FailRecords("InternalFailure", 0);
        Assert.Equal("InternalFailure", Assert.Single((await PutAsync(client, stream, "b")).Records).ErrorCode);
        proxy.DropAnswer("PutRecords");
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync(client, stream, "d"));
        proxy.Drop("PutRecords");
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync(client, stream, "e"));
        proxy.Down = true;
        await Assert.ThrowsAnyAsync<Exception>(() => PutAsync(client, stream, "f"));
        Assert.Equal(5, proxy.Calls("PutRecords"));
        var read = await direct.GetRecordsAsync(new GetRecordsRequest { ShardIterator = await direct.IteratorAsync(stream, First, ShardIteratorType.TRIM_HORIZON) }, Stop);
        Assert.Equal("acd", string.Concat(read.Records.Select(r => Encoding.UTF8.GetString(r.Data.ToArray()))));
    }

    [Fact(Timeout = Limit)]
    public async Task A_client_repeats_a_call_whose_answer_was_lost_unless_it_is_told_not_to()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint, stale: 1);
        var stream = await client.StreamAsync();
        proxy.DropAnswer("PutRecords");
        await PutAsync(client, stream, "twice");
        Assert.Equal(2, proxy.Calls("PutRecords"));
    }

    [Fact(Timeout = Limit)]
    public async Task The_proxy_rewrites_answers_and_delays_calls()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        var stream = await client.StreamAsync(shards: 2);
        proxy.Rewrite("ListShards", answer => answer["Shards"]!.AsArray().RemoveAt(0));
        Assert.Equal("shardId-000000000001", Assert.Single(await client.ShardsAsync(stream)).ShardId);
        proxy.Rewrite("ListShards", null);
        proxy.Delay("ListShards", TimeSpan.FromMilliseconds(50));
        var began = TimeProvider.System.GetTimestamp();
        Assert.Equal(2, (await client.ShardsAsync(stream)).Count);
        Assert.True(TimeProvider.System.GetElapsedTime(began) >= TimeSpan.FromMilliseconds(45));
    }

    [Fact(Timeout = Limit)]
    public async Task The_proxy_answers_a_subscription_with_the_end_of_a_shard_and_with_an_error()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        var request = new SubscribeToShardRequest { ConsumerARN = "arn:aws:kinesis:us-east-1:000000000000:stream/s/consumer/c:1", ShardId = First };
        JsonObject last = new() { ["Records"] = new JsonArray(), ["ContinuationSequenceNumber"] = null, ["ChildShards"] = new JsonArray(new JsonObject { ["ShardId"] = "1", ["ParentShards"] = new JsonArray(First) }) };
        proxy.AnswerSubscription([last]);
        using var ending = await client.SubscribeToShardAsync(request, Stop);
        await using var events = ending.EventStream.GetAsyncEnumerator(Stop);
        Assert.True(await events.MoveNextAsync());
        var received = Assert.IsType<SubscribeToShardEvent>(events.Current);
        Assert.Equal("1", Assert.Single(received.ChildShards).ShardId);
        Assert.Null(received.ContinuationSequenceNumber);
        Assert.False(await events.MoveNextAsync());

        proxy.AnswerSubscription([], "InternalFailureException");
        using var failing = await client.SubscribeToShardAsync(request, Stop);
        var thrown = await Assert.ThrowsAsync<KinesisEventStreamException>(async () => await failing.EventStream.GetAsyncEnumerator(Stop).MoveNextAsync());
        Assert.IsType<InternalFailureException>(thrown.InnerException);
    }

    [Fact(Timeout = Limit)]
    public async Task Dynalite_answers()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        await using var emulator = await Dynalite.StartAsync(stop: Stop);
        using var http = new HttpClient();
        using var answer = await http.GetAsync(new Uri(emulator.Endpoint), Stop);
        Assert.Contains("healthy", await answer.Content.ReadAsStringAsync(Stop));
        Assert.Equal("", emulator.Errors);
    }

    private static Task<PutRecordsResponse> PutAsync(AmazonKinesisClient client, string stream, params string[] texts) => client.PutRecordsAsync(
        new PutRecordsRequest { StreamName = stream, Records = [.. texts.Select(t => new PutRecordsRequestEntry { PartitionKey = "k", Data = new MemoryStream(Encoding.UTF8.GetBytes(t)) })] }, Stop);

    private AmazonKinesisClient Client()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        return Clients.For(server.Emulator.Endpoint);
    }
}
