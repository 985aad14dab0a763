using System.Text.Json.Nodes;

namespace Handlers.Kinesis.Tests;

/// <summary>A split under a host that reads by fan-out: the end of the parent is told by the proxy, as kinesis-local does not tell it, and the children are read from kinesis-local.</summary>
public sealed class FanOutReshardTests
{
    private const string Root = "shardId-000000000000";

    [Theory(Timeout = 120_000)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_event_that_ends_a_shard_leads_to_its_children_when_all_before_it_is_handled(bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: true);
        await world.PublishAsync(60);
        var records = await RecordsAsync(world);
        await world.SplitAsync();
        await world.PublishAsync(60);
        var children = (await world.ShardsAsync()).Where(static s => s.ParentShardId == Root).ToList();
        world.Kinesis.AnswerSubscription(
        [
            Event([.. records.Take(40)], records[39].SequenceNumber, []),
            Event([.. records.Skip(40)], null, children),
        ]);
        var application = await world.StartAsync(new() { Disk = disk, Options = static o => o.Reads = KinesisReads.FanOut });
        await application.HandledAsync(120);
        Assert.Equal(Enumerable.Range(0, 120), application.Numbers.Order());
        HandledShards.AssertKeysInOrder(application.Numbers);
        HandledShards.AssertParentsFirst(application.Handled, await world.ShardsAsync());
        Assert.Equal(1, application.Log.Count(4003));
        Assert.Equal(0, application.Log.Count(4110));
        Assert.Equal(0, world.Kinesis.Calls("GetRecords"));
        await application.IsWellAsync();
    }

    private static async Task<List<Amazon.Kinesis.Model.Record>> RecordsAsync(KinesisWorld world)
    {
        var iterator = await world.Client.GetShardIteratorAsync(new() { StreamName = world.Stream, ShardId = Root, ShardIteratorType = "TRIM_HORIZON" }, TestContext.Current.CancellationToken);
        return (await world.Client.GetRecordsAsync(new() { ShardIterator = iterator.ShardIterator }, TestContext.Current.CancellationToken)).Records;
    }

    private static JsonObject Event(List<Amazon.Kinesis.Model.Record> records, string? continuation, List<Amazon.Kinesis.Model.Shard> children) => new()
    {
        ["Records"] = new JsonArray([.. records.Select(static r => new JsonObject
        {
            ["SequenceNumber"] = r.SequenceNumber,
            ["PartitionKey"] = r.PartitionKey,
            ["Data"] = Convert.ToBase64String(r.Data.ToArray()),
        })]),
        ["ContinuationSequenceNumber"] = continuation,
        ["MillisBehindLatest"] = 0,
        ["ChildShards"] = new JsonArray([.. children.Select(static c => new JsonObject
        {
            ["ShardId"] = c.ShardId,
            ["ParentShards"] = new JsonArray(Root),
            ["HashKeyRange"] = new JsonObject { ["StartingHashKey"] = c.HashKeyRange.StartingHashKey, ["EndingHashKey"] = c.HashKeyRange.EndingHashKey },
        })]),
    };
}
