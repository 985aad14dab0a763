using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>The service is away for long while a consumer runs.</summary>
public sealed class OutageTests : KinesisUnitTest
{
    [Fact]
    public async Task A_reader_outlives_an_outage_of_the_service_and_warns_of_it()
    {
        Service.Add("s");
        Service.Fail("GetShardIterator", new HttpRequestException("away"), 100);
        Service.Fail("GetRecords", new InternalFailureException("away"), 100);
        var iterator = await Calls.IteratorAsync("s", Service.Shard.Id, ShardIteratorType.TRIM_HORIZON, null, null, default);
        await Calls.RecordsAsync("s", Service.Shard.Id, iterator, 10, default);
        Assert.Equal(200, Log.Count(4112));
        Assert.Equal(LogLevel.Warning, Log.Level(4112));
        Assert.Contains("GetRecords failed with InternalFailureException, 100 times so far", Log.All, StringComparison.Ordinal);
        Assert.Equal([Seconds(5), Seconds(10), Seconds(20), Seconds(40), Seconds(40), Seconds(40)], Clock.Waits.Take(6));
        Assert.Equal(Seconds(40), Clock.Waits.Max());
    }

    [Fact]
    public async Task Tries_that_were_set_hold_for_readers_too()
    {
        Options.Retry = new KinesisRetry(Tries: 5);
        Service.Add("s");
        Service.Fail("GetRecords", new HttpRequestException("away"), 5);
        var e = await Assert.ThrowsAsync<TransportException>(async () => await Calls.RecordsAsync("s", Service.Shard.Id, "s|shardId-000000000000|0|1", 10, default));
        Assert.True(e.IsTransient);
        Assert.Equal(5, Service.Calls("GetRecords"));
    }

    [Fact]
    public async Task The_end_of_a_shard_is_read_through_an_outage()
    {
        var stream = Service.Add("s");
        stream.Shards[0].IsClosed = true;
        stream.Shards.Add(new FakeShard("child", [Service.Shard.Id]));
        Service.Fail("ListShards", new HttpRequestException("away"), 20);
        await using var reader = new ShardReader(Calls, Streams, new ShardToRead("s", Service.Shard.Id, LeaseCheckpoint.Horizon, MessageParts.All), Options);
        Assert.Equal(ShardRead.Nothing, await reader.FetchAsync(1, default));
        Assert.Equal(ShardRead.End, await reader.FetchAsync(1, default));
        Assert.Equal("child", Assert.Single(reader.Children).Id);
    }

    /// <summary>A stream that is being changed lists no shards for a moment.</summary>
    [Fact]
    public async Task Shards_that_cannot_be_listed_now_are_listed_later()
    {
        Service.Add("s");
        Service.Fail("ListShards", new ResourceInUseException("Stream s is not ACTIVE"), 3);
        Assert.Single(await Streams.ShardsAsync("s", default));
        Service.Fail("ListShards", new ResourceInUseException("Stream s is not ACTIVE"), 5);
        Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await Streams.ShardsAsync("s", default))).IsTransient);
        Assert.Contains("it is tried again", Log.All, StringComparison.Ordinal);
    }
}
