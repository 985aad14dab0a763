using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Kinesis.Tests;

/// <summary>A service that refuses calls for want of throughput, under a whole host.</summary>
public sealed class ThrottlingTests
{
    private const int Limit = 120_000;

    [Fact(Timeout = Limit)]
    public async Task Reading_waits_for_as_long_as_it_is_throttled_and_hands_out_each_message_once_in_order()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(400);
        world.Kinesis.Fail("GetShardIterator", "ProvisionedThroughputExceededException");
        world.Kinesis.Fail("ListShards", "LimitExceededException");
        foreach (var code in (string[])["ProvisionedThroughputExceededException", "LimitExceededException", "KMSThrottlingException"]) world.Kinesis.Fail("GetRecords", code, count: 3);
        // More in a row than the tries that a call has otherwise.
        var application = await world.StartAsync(new() { Options = static o => (o.FetchRecords, o.Retry) = (60, new KinesisRetry(Tries: 2, Delay: TimeSpan.FromMilliseconds(10))) });
        await application.HandledAsync(400);
        world.Kinesis.Fail("GetRecords", "ProvisionedThroughputExceededException", count: 4);
        await world.PublishAsync(100);
        await application.HandledAsync(500);
        Assert.Equal(500, application.Handled.Count);
        foreach (var shard in application.Handled.GroupBy(static h => h.Shard)) Assert.Equal(shard.Select(static h => h.Number).Order(), shard.Select(static h => h.Number));
        Assert.True(application.Log.Count(4102) >= 15, application.Log.All);
        Assert.Equal(0, application.Log.Count(4112)); // being throttled is no failure
        await application.IsWellAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Publishing_is_throttled_call_by_call_and_record_by_record_and_every_message_arrives_in_its_key_s_order()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        var application = await world.StartAsync();
        world.Kinesis.Fail("PutRecords", "ProvisionedThroughputExceededException", count: 2);
        world.Kinesis.Fail("PutRecords", "LimitExceededException");
        for (var i = 0; i < 5; i++) world.Kinesis.FailRecords(i % 2 == 0 ? "ProvisionedThroughputExceededException" : "InternalFailure", 0, 1, 5);
        await application.Publisher.PublishAsync([.. Enumerable.Range(0, 300).Select(i => new OutgoingMessage { Topic = world.Stream, Key = OutgoingMessage.Utf8($"k{i % 10}"), Body = OutgoingMessage.Utf8($"{i}") })], TestContext.Current.CancellationToken);
        await application.HandledAsync(300);
        Assert.Equal(300, application.Handled.Count);
        foreach (var key in application.Numbers.GroupBy(static n => n % 10)) Assert.Equal(key.Order(), key);
        Assert.True(application.Log.Count(4120) >= 8, application.Log.All);
        await application.IsWellAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Dead_letters_that_cannot_be_published_pause_their_lane_and_health_says_so_until_they_can()
    {
        await using var world = await KinesisWorld.BeginAsync();
        var dead = $"{world.Stream}-dead";
        await world.CreateAsync(dead, 1);
        await world.PublishAsync(50);
        world.Kinesis.Fail("PutRecords", "ProvisionedThroughputExceededException", count: 4); // twice what one call tries
        var application = await world.StartAsync(new()
        {
            Options = static o => o.Retry = new KinesisRetry(Tries: 2, Delay: TimeSpan.FromMilliseconds(10)),
            Settings = s => s with { DeadLetter = dead },
            Handle = static (number, _) => number == 20 ? throw new InvalidOperationException("for ever") : Task.CompletedTask,
        });
        await application.LoggedAsync(27);
        Assert.Contains(application.Status.Lanes, static l => l.Paused.HasFlag(PauseReasons.CannotPublish));
        Assert.Equal(HealthStatus.Unhealthy, (await application.HealthAsync()).Status);
        await application.HandledAsync(49);
        await KinesisWorld.UntilAsync(() => application.Status.Counts is { Handled: 49, DeadLettered: 1 }, () => $"{application.Status.Counts}");
        Assert.Equal(49, application.Handled.Count);
        await KinesisWorld.UntilAsync(async () => await world.Leases.ReadAsync("shardId-000000000000", CancellationToken.None) is { Checkpoint.Kind: CheckpointKind.After } && application.Status.Lanes.All(static l => l.Uncommitted == 0), () => "it is committed");
        var letters = await world.Client.GetRecordsAsync(new() { ShardIterator = (await world.Client.GetShardIteratorAsync(new() { StreamName = dead, ShardId = "shardId-000000000000", ShardIteratorType = "TRIM_HORIZON" })).ShardIterator });
        Assert.Single(letters.Records);
        await application.IsWellAsync();
    }
}
