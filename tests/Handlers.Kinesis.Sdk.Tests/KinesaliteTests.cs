using System.Net;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Record = Amazon.Kinesis.Model.Record;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>One emulator for all tests of a class; none where it cannot run.</summary>
public sealed class KinesaliteServer : IAsyncLifetime
{
    public Kinesalite Emulator { get; private set; } = null!;

    public async ValueTask InitializeAsync()
    {
        if (Peers.Emulator.Missing is null) Emulator = await Kinesalite.StartAsync();
    }

    public ValueTask DisposeAsync() => Emulator?.DisposeAsync() ?? default;
}

/// <summary>The client against kinesalite.</summary>
public sealed class KinesaliteTests(KinesaliteServer server) : IClassFixture<KinesaliteServer>
{
    private const int Limit = 60_000;
    private const string First = "shardId-000000000000";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_stream_is_made_described_listed_and_deleted()
    {
        using var client = Client();
        var stream = await client.StreamAsync(shards: 2);
        var summary = await client.ActiveAsync(stream);
        Assert.Equal((2, stream, 24), (summary.OpenShardCount, summary.StreamName, summary.RetentionPeriodHours));
        Assert.EndsWith($":stream/{stream}", summary.StreamARN);
        Assert.Contains(stream, (await client.ListStreamsAsync(new ListStreamsRequest(), Stop)).StreamNames);
        var shards = await client.ShardsAsync(stream);
        Assert.Equal([First, "shardId-000000000001"], shards.Select(s => s.ShardId));
        Assert.Equal(("0", "340282366920938463463374607431768211455"), (shards[0].HashKeyRange.StartingHashKey, shards[1].HashKeyRange.EndingHashKey));
        Assert.Null(shards[0].SequenceNumberRange.EndingSequenceNumber);
        Assert.Null(shards[0].ParentShardId);
        await client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = stream }, Stop);
    }

    [Fact(Timeout = Limit)]
    public async Task Records_are_read_from_the_position_that_is_asked_for()
    {
        using var client = Client();
        var stream = await client.StreamAsync();
        var one = await client.PutRecordAsync(new PutRecordRequest { StreamName = stream, PartitionKey = "a", Data = Data("1") }, Stop);
        Assert.Equal(First, one.ShardId);
        var more = await client.PutRecordsAsync(new PutRecordsRequest { StreamName = stream, Records = [.. Enumerable.Range(2, 4).Select(n => new PutRecordsRequestEntry { PartitionKey = $"k{n}", ExplicitHashKey = "0", Data = Data($"{n}") })] }, Stop);
        Assert.Equal(0, more.FailedRecordCount);
        Assert.All(more.Records, r => Assert.Null(r.ErrorCode));

        var read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = await client.IteratorAsync(stream, First, ShardIteratorType.TRIM_HORIZON), Limit = 3 }, Stop);
        Assert.Equal(["1", "2", "3"], read.Records.Select(Text));
        Assert.Equal(["a", "k2", "k3"], read.Records.Select(r => r.PartitionKey));
        Assert.Equal(one.SequenceNumber, read.Records[0].SequenceNumber);
        Assert.Null(read.ChildShards);
        read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = read.NextShardIterator }, Stop);
        Assert.Equal(["4", "5"], read.Records.Select(Text));
        read = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = await client.IteratorAsync(stream, First, ShardIteratorType.AFTER_SEQUENCE_NUMBER, more.Records[2].SequenceNumber) }, Stop);
        Assert.Equal(["5"], read.Records.Select(Text));
        Assert.Equal(0, read.MillisBehindLatest);
    }

    [Fact(Timeout = Limit)]
    public async Task An_error_of_the_service_has_its_class_and_code()
    {
        using var client = Client();
        var stream = await client.StreamAsync();
        var missing = await Assert.ThrowsAsync<ResourceNotFoundException>(() => client.ShardsAsync("nobody"));
        Assert.Equal(("ResourceNotFoundException", HttpStatusCode.BadRequest), (missing.ErrorCode, missing.StatusCode));
        Assert.Contains("nobody", missing.Message);
        await Assert.ThrowsAsync<ResourceInUseException>(() => client.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = 1 }, Stop));
        await Assert.ThrowsAsync<InvalidArgumentException>(() => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "AAAA" }, Stop));
        var invalid = await Assert.ThrowsAsync<AmazonKinesisException>(() => client.IteratorAsync(stream, First, ShardIteratorType.AT_SEQUENCE_NUMBER, "abc"));
        Assert.Equal("ValidationException", invalid.ErrorCode);
    }

    [Fact(Timeout = Limit)]
    public async Task A_shard_is_split_and_its_children_are_merged()
    {
        using var client = Client();
        var stream = await client.StreamAsync();
        await client.SplitShardAsync(new SplitShardRequest { StreamName = stream, ShardToSplit = First, NewStartingHashKey = "170141183460469231731687303715884105728" }, Stop);
        await client.ActiveAsync(stream);
        var shards = await client.ShardsAsync(stream);
        Assert.Equal(3, shards.Count);
        Assert.NotNull(shards[0].SequenceNumberRange.EndingSequenceNumber);
        Assert.All(shards[1..], s => Assert.Equal(First, s.ParentShardId));
        await client.MergeShardsAsync(new MergeShardsRequest { StreamName = stream, ShardToMerge = shards[1].ShardId, AdjacentShardToMerge = shards[2].ShardId }, Stop);
        await client.ActiveAsync(stream);
        var merged = (await client.ShardsAsync(stream))[3];
        Assert.Equal((shards[1].ShardId, shards[2].ShardId), (merged.ParentShardId, merged.AdjacentParentShardId));
    }

    [Fact(Timeout = Limit)]
    public async Task A_call_that_is_cancelled_ends()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        using var client = Clients.For(proxy.Endpoint);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Stop);
        var gate = proxy.Hold("ListStreams");
        var call = client.ListStreamsAsync(new ListStreamsRequest(), stop.Token);
        await gate.Reached.WaitAsync(Stop);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => call);
        Assert.Equal(1, proxy.Calls("ListStreams"));
    }

    [Fact(Timeout = Limit)]
    public async Task Throttling_is_tried_again_as_often_as_the_client_may()
    {
        using var direct = Client();
        await using var proxy = await KinesisProxy.StartAsync(server.Emulator.Endpoint, Stop);
        proxy.Fail("ListStreams", "ProvisionedThroughputExceededException", count: 1);
        using var patient = Clients.For(proxy.Endpoint, retries: 1);
        await patient.ListStreamsAsync(new ListStreamsRequest(), Stop);
        Assert.Equal(2, proxy.Calls("ListStreams"));

        proxy.Fail("GetRecords", "ProvisionedThroughputExceededException");
        using var client = Clients.For(proxy.Endpoint);
        await Assert.ThrowsAsync<ProvisionedThroughputExceededException>(() => client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = "AAAA" }, Stop));
        Assert.Equal(1, proxy.Calls("GetRecords"));
    }

    private static MemoryStream Data(string text) => new(Encoding.UTF8.GetBytes(text));

    private static string Text(Record record) => Encoding.UTF8.GetString(record.Data.ToArray());

    private AmazonKinesisClient Client()
    {
        Assert.SkipUnless(Emulator.Missing is null, Emulator.Missing ?? "");
        return Clients.For(server.Emulator.Endpoint);
    }
}
