using System.Text.Json.Nodes;

namespace Handlers.Kinesis.Tests;

/// <summary>Hosts that come to a stream that was split or merged while nobody read it.</summary>
public sealed class ReshardWhileAwayTests
{
    private const int Limit = 120_000;
    private const string Root = "shardId-000000000000";

    [Theory(Timeout = Limit)]
    [InlineData(StartFrom.Earliest, true, true)]
    [InlineData(StartFrom.Latest, true, true)]
    [InlineData(StartFrom.Time, true, true)]
    [InlineData(StartFrom.Earliest, false, false)]
    [InlineData(StartFrom.Latest, false, false)]
    [InlineData(StartFrom.Time, false, false)]
    public async Task A_group_that_begins_in_the_middle_of_a_reshard_has_what_it_asked_for_of_parents_and_children(StartFrom start, bool isLocal, bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: isLocal);
        await world.PublishAsync(100);
        var at = TimeProvider.System.GetUtcNow();
        while (TimeProvider.System.GetUtcNow() <= at.AddMilliseconds(2)) await Task.Delay(1, TestContext.Current.CancellationToken);
        await world.PublishAsync(60);
        await world.SplitAsync();
        await world.PublishAsync(80);
        var application = await world.StartAsync(new() { Disk = disk, Options = o => (o.Start, o.StartAt) = (start, start == StartFrom.Time ? at : null) });
        if (start == StartFrom.Latest) await KinesisWorld.UntilAsync(() => application.Status.Lanes.Count == 2, () => application.Log.All);
        else await application.HandledAsync(start == StartFrom.Earliest ? 240 : 140);
        await world.PublishAsync(40);
        var from = start switch { StartFrom.Earliest => 0, StartFrom.Time => 100, _ => 240 };
        await application.HandledAsync(280 - from);
        Assert.Equal(Enumerable.Range(from, 280 - from), application.Numbers.Order());
        HandledShards.AssertKeysInOrder(application.Numbers);
        HandledShards.AssertParentsFirst(application.Handled, await world.ShardsAsync());
        if (start == StartFrom.Latest) Assert.DoesNotContain(application.Handled, static h => h.Shard == Root);
        await application.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task Two_reshards_in_a_row_while_nobody_reads_are_gone_through_generation_by_generation(bool isLocal, bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: isLocal);
        await world.PublishAsync(100);
        var first = await world.StartAsync(new() { Disk = disk, Handle = static (number, _) => number == 60 ? throw new StopProcessingException("enough") : Task.CompletedTask });
        await first.StoppedAsync();
        await first.StopAsync();
        Assert.Equal(Enumerable.Range(0, 60), first.Numbers);

        await world.PublishAsync(50);
        await world.SplitAsync();
        await world.PublishAsync(50);
        await world.MergeAsync();
        await world.PublishAsync(50);
        await world.SplitAsync();
        await world.PublishAsync(50);
        // Where a group without a position would begin does not matter any more, for shards that it has never seen either.
        var next = await world.StartAsync(new() { Disk = disk, Options = static o => o.Start = StartFrom.Latest });
        await next.HandledAsync(240);
        Assert.Equal(Enumerable.Range(60, 240), next.Numbers.Order());
        HandledShards.AssertKeysInOrder(first.Numbers.Concat(next.Numbers));
        HandledShards.AssertParentsFirst(first.Handled.Concat(next.Handled), await world.ShardsAsync());
        await KinesisWorld.UntilAsync(() => next.Status.Lanes.Count == 2, () => "two lanes are left");
        Assert.Equal(4, next.Log.Count(4003)); // the root, two children, what they were merged to
        await next.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true, true)]
    [InlineData(false, false)]
    public async Task Shards_that_are_closed_and_empty_are_ended_and_their_children_read(bool isLocal, bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: isLocal);
        await world.SplitAsync();
        await world.MergeAsync();
        await world.PublishAsync(40);
        var application = await world.StartAsync(new() { Disk = disk });
        await application.HandledAsync(40);
        Assert.Equal(3, application.Log.Count(4003));
        await world.SplitAsync();
        await world.SplitAsync(1); // of which nothing was read
        await world.PublishAsync(40);
        await application.HandledAsync(80);
        await KinesisWorld.UntilAsync(() => application.Status.Lanes.Count == 3, () => application.Log.All);
        Assert.Equal(80, application.Handled.Count);
        HandledShards.AssertKeysInOrder(application.Numbers);
        HandledShards.AssertParentsFirst(application.Handled, await world.ShardsAsync());
        await application.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    [InlineData(false, true)]
    [InlineData(false, false)]
    public async Task A_parent_that_retention_removed_before_it_was_handled_is_told_of_and_does_not_block_its_children(bool isLocal, bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: isLocal);
        await world.PublishAsync(100);
        var first = await world.StartAsync(new() { Disk = disk, Handle = static (number, _) => number == 60 ? throw new StopProcessingException("enough") : Task.CompletedTask });
        await first.StoppedAsync();
        await first.StopAsync();
        await world.SplitAsync();
        await world.PublishAsync(50);
        Remove(world, Root);
        var next = await world.StartAsync(new() { Disk = disk, Options = static o => o.Start = StartFrom.Latest });
        await next.HandledAsync(50);
        Assert.Equal(Enumerable.Range(100, 50), next.Numbers.Order()); // the forty that were left are gone
        Assert.Equal(1, next.Log.Count(4012));
        Assert.Equal(Microsoft.Extensions.Logging.LogLevel.Error, next.Log.Level(4012));
        await next.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(StartFrom.Earliest, true)]
    [InlineData(StartFrom.Latest, false)]
    public async Task A_parent_that_retention_removed_before_the_group_began_is_not_looked_for(StartFrom start, bool isLocal)
    {
        await using var world = await KinesisWorld.BeginAsync(isLocal: isLocal);
        await world.PublishAsync(50);
        await world.SplitAsync();
        await world.PublishAsync(50);
        Remove(world, Root);
        var application = await world.StartAsync(new() { Options = o => o.Start = start });
        await KinesisWorld.UntilAsync(() => application.Status.Lanes.Count == 2, () => application.Log.All);
        await world.PublishAsync(50);
        var from = start == StartFrom.Earliest ? 50 : 100;
        await application.HandledAsync(150 - from);
        Assert.Equal(Enumerable.Range(from, 150 - from), application.Numbers.Order());
        Assert.Equal(0, application.Log.Count(4012));
        await application.IsWellAsync();
    }

    [Theory(Timeout = Limit)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_parent_that_retention_removes_while_it_is_read_ends_and_its_children_are_read(bool disk)
    {
        await using var world = await KinesisWorld.BeginAsync();
        await world.PublishAsync(50);
        var application = await world.StartAsync(new() { Disk = disk, Options = static o => o.Retry = new KinesisRetry(Tries: -1, Delay: TimeSpan.FromMilliseconds(10), MaxDelay: TimeSpan.FromMilliseconds(50)) });
        await application.HandledAsync(50);
        world.Kinesis.Down = true;
        await world.PublishAsync(30);
        await world.SplitAsync();
        await world.PublishAsync(50);
        Remove(world, Root);
        world.Kinesis.Fail("GetRecords", "ResourceNotFoundException"); // of the parent: nothing else is read yet
        await KinesisWorld.UntilAsync(() => application.Log.Count(4112) > 0, () => "it is noticed");
        world.Kinesis.Down = false;
        await application.HandledAsync(100);
        Assert.Equal([.. Enumerable.Range(0, 50), .. Enumerable.Range(80, 50)], application.Numbers.Order());
        Assert.Equal(1, application.Log.Count(4109));
        await application.IsWellAsync();
    }

    private static void Remove(KinesisWorld world, string shard) => world.Kinesis.Rewrite("ListShards", answer =>
    {
        var shards = answer["Shards"]!.AsArray();
        answer["Shards"] = new JsonArray([.. shards.Where(s => (string?)s!["ShardId"] != shard).Select(static s => s!.DeepClone())]);
    });
}
