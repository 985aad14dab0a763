using System.Collections.Concurrent;

namespace Handlers.Kinesis.Tests;

/// <summary>What DynamoDB, and other workers, do to the leases of a running host.</summary>
public sealed class LeaseFaultTests
{
    private const int Limit = 120_000;
    private const string Shard = "shardId-000000000000";

    /// <summary>Where leases are to be lost.</summary>
    private static readonly TimeSpan Short = TimeSpan.FromSeconds(3);

    /// <summary>Where none is: what fails is tried again at half of it.</summary>
    private static readonly TimeSpan Long = TimeSpan.FromSeconds(6);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact(Timeout = Limit)]
    public async Task A_lane_whose_row_another_worker_took_is_lost_and_nothing_is_written_after_it()
    {
        await using var world = await KinesisWorld.BeginAsync();
        await world.PublishAsync(100);
        var (inside, goOn) = (NewSource(), NewSource());
        var application = await world.StartAsync(new()
        {
            LeaseTime = Short,
            Handle = async (number, _) =>
            {
                if (number != 60) return;
                inside.TrySetResult();
                await goOn.Task; // and does not listen
            },
        });
        await inside.Task.WaitAsync(Stop);
        await KinesisWorld.UntilAsync(async () => (await LeaseAsync(world)).Checkpoint.Kind == CheckpointKind.After && application.Status.Lanes.Single().Uncommitted == 40, () => "59 is committed");
        await SettledAsync(world);
        var taken = await TakeAsync(world, "thief");
        await application.LoggedAsync(4002);
        goOn.TrySetResult();
        await KinesisWorld.UntilAsync(() => application.Status.Lanes.Count == 0, () => "the lane ends");
        Assert.Equal(1, application.Log.Count(4002));
        Assert.Contains("worker thief has it", application.Log.All, StringComparison.Ordinal);
        Assert.True(application.Status.Counts is { Handled: 60, Late: 1 } or { Handled: 61, Late: 0 }, $"{application.Status.Counts}"); // whether it ended before the lane did is chance; that it counts for nothing is not
        Assert.Equal(taken, await LeaseAsync(world));
        await application.IsWellAsync(); // it is another's, which is no fault
        Assert.NotNull(application.Status.WithoutLanes);

        // The thief is silent: the lease comes back, from where the thief's row stands. One message comes again: it was not committed when the lane was lost.
        await application.HandledAsync(100);
        Assert.Equal([.. Enumerable.Range(0, 61), .. Enumerable.Range(60, 40)], application.Numbers);
        await application.StopAsync();
        var after = await LeaseAsync(world);
        Assert.Null(after.Owner);
        Assert.True(after.Counter > taken.Counter);
    }

    [Fact(Timeout = Limit)]
    public async Task A_write_whose_answer_was_lost_is_looked_up_before_anything_is_called_lost()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(100);
        // Made, and the client's own second try fails its condition: leases that are made, taken, renewed, committed and given back.
        world.Tables.DropAnswer("PutItem", 2);
        world.Tables.DropAnswer("UpdateItem");
        world.Tables.CutAnswer("UpdateItem");
        var application = await world.StartAsync(new() { LeaseTime = Long });
        await application.HandledAsync(100);
        for (var i = 0; i < 3; i++)
        {
            world.Tables.DropAnswer("UpdateItem");
            world.Tables.CutAnswer("UpdateItem");
            await world.PublishAsync(20);
            await application.HandledAsync(120 + (20 * i));
        }

        await KinesisWorld.UntilAsync(() => application.Status.Lanes.All(static l => l.Uncommitted == 0), () => "all is below the watermark");
        await application.IsWellAsync();
        world.Tables.DropAnswer("UpdateItem", 2);
        await application.StopAsync();
        Assert.Equal(160, application.Handled.Count);
        Assert.Equal(0, application.Log.Count(4002));
        Assert.Equal(0, application.Log.Count(4011));
        Assert.Equal(2, application.Log.Count(4000)); // each was assigned once
        Assert.Empty(application.Failures);
        foreach (var lease in await world.Leases.ListAsync(Stop))
        {
            Assert.Null(lease.Owner);
            Assert.Equal(CheckpointKind.After, lease.Checkpoint.Kind);
        }

        var next = await world.StartAsync();
        await world.PublishAsync(10);
        await next.HandledAsync(10);
        Assert.Equal(10, next.Handled.Count); // so everything was committed
    }

    [Fact(Timeout = Limit)]
    public async Task A_table_that_is_throttled_or_fails_for_less_than_the_lease_time_costs_nothing()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(100);
        foreach (var operation in (string[])["DescribeTable", "Scan", "PutItem", "UpdateItem", "GetItem"])
        {
            world.Tables.Fail(operation, "ProvisionedThroughputExceededException");
            world.Tables.Fail(operation, "InternalServerError", 500);
        }

        var application = await world.StartAsync(new() { LeaseTime = Long });
        await application.HandledAsync(100);
        var failing = world.Tables.Calls("UpdateItem");
        world.Tables.Fail("UpdateItem", "ProvisionedThroughputExceededException", count: 2);
        world.Tables.Fail("UpdateItem", "ServiceUnavailable", 503, 2);
        world.Tables.Fail("UpdateItem", "ThrottlingException", count: 2);
        await world.PublishAsync(100);
        await application.HandledAsync(200);
        await KinesisWorld.UntilAsync(() => world.Tables.Calls("UpdateItem") > failing + 6, () => "the failures are over");
        await application.StopAsync();
        Assert.Equal(200, application.Handled.Count);
        Assert.Equal(0, application.Log.Count(4002));
        Assert.Empty(application.Failures);
        var next = await world.StartAsync();
        await world.PublishAsync(10);
        await next.HandledAsync(10);
        Assert.Equal(10, next.Handled.Count);
    }

    [Fact(Timeout = Limit)]
    public async Task A_table_that_is_away_for_longer_loses_the_lanes_and_has_them_back_when_it_is_there_again()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 2);
        await world.PublishAsync(100);
        var application = await world.StartAsync(new() { LeaseTime = Short });
        await application.HandledAsync(100);
        await SettledAsync(world);
        world.Tables.Down = true;
        await world.PublishAsync(100);
        await application.LoggedAsync(4002, 2);
        await application.LoggedAsync(4005);
        await KinesisWorld.UntilAsync(() => application.Status.Lanes.Count == 0, () => "the lanes end");
        await application.IsWellAsync();
        var duringOutage = application.Handled.Count;
        world.Tables.Down = false;
        await world.PublishAsync(100);
        await application.HandledAsync(300);
        await application.IsWellAsync();
        // What was handled and could not be committed comes again, and nothing else.
        Assert.InRange(application.Handled.Count, 300, 300 + (duringOutage - 100));
        foreach (var shard in application.Handled.GroupBy(static h => h.Shard)) AssertOrder(shard.Select(static h => h.Number));
        await application.StopAsync();
        Assert.All(await world.Leases.ListAsync(Stop), static l => Assert.Null(l.Owner));
    }

    [Fact(Timeout = Limit)]
    public async Task Two_workers_whose_table_fails_now_and_then_lose_no_message_and_keep_the_order()
    {
        await using var world = await KinesisWorld.BeginAsync(shards: 4);
        var seen = new ConcurrentQueue<(int Number, string Shard)>();
        KinesisApplicationSetup setup = new()
        {
            LeaseTime = Short,
            Handle = (number, context) =>
            {
                seen.Enqueue((number, context.Lane.Partition));
                return Task.CompletedTask;
            },
        };
        KinesisApplication[] workers = [await world.StartAsync(setup), await world.StartAsync(setup)];
        for (var i = 0; i < 20; i++)
        {
            await world.PublishAsync(40);
            world.Tables.DropAnswer("UpdateItem");
            world.Tables.Fail("UpdateItem", i % 2 == 0 ? "InternalServerError" : "ProvisionedThroughputExceededException", i % 2 == 0 ? 500 : 400);
            world.Tables.CutAnswer("GetItem");
            world.Kinesis.CutAnswer("GetRecords");
            await KinesisWorld.UntilAsync(() => seen.Select(static s => s.Number).Distinct().Count() >= 40 * i, () => $"{seen.Count} of {40 * i}");
        }

        await KinesisWorld.UntilAsync(() => seen.Select(static s => s.Number).Distinct().Count() == 800, () => $"{seen.Select(static s => s.Number).Distinct().Count()} of 800");
        foreach (var shard in seen.GroupBy(static s => s.Shard)) AssertOrder(shard.Select(static s => s.Number));
        await KinesisWorld.UntilAsync(() => workers.All(static w => w.Status.Lanes.Count > 0), () => "each worker has lanes");
        foreach (var worker in workers) await worker.IsWellAsync();
    }

    /// <summary>What comes again comes in order too, from somewhere that was handled.</summary>
    private static void AssertOrder(IEnumerable<int> numbers)
    {
        List<int> first = [];
        foreach (var number in numbers)
        {
            if (first.Contains(number)) continue;
            Assert.True(first.Count == 0 || number > first[^1], $"{number} came for the first time after {first.LastOrDefault()}");
            first.Add(number);
        }
    }

    private static async Task<Lease> LeaseAsync(KinesisWorld world) => (await world.Leases.ReadAsync(Shard, Stop))!;

    /// <summary>Nothing more is committed: only renewals are written.</summary>
    private static async Task SettledAsync(KinesisWorld world)
    {
        var checkpoints = await CheckpointsAsync();
        for (var same = 0; same < 20;)
        {
            await Task.Delay(10, Stop);
            var now = await CheckpointsAsync();
            same = now.SequenceEqual(checkpoints) ? same + 1 : 0;
            checkpoints = now;
        }

        async Task<List<LeaseCheckpoint>> CheckpointsAsync() => [.. (await world.Leases.ListAsync(Stop)).OrderBy(static l => l.Shard, StringComparer.Ordinal).Select(static l => l.Checkpoint)];
    }

    /// <summary>Writes another worker into the row, as one would that believes the owner to be silent.</summary>
    private static async Task<Lease> TakeAsync(KinesisWorld world, string worker)
    {
        while (true)
        {
            var row = await LeaseAsync(world);
            var taken = row with { Owner = worker, Counter = row.Counter + 1, OwnerSwitches = row.OwnerSwitches + 1 };
            if (await world.Leases.TryWriteAsync(row, taken, Stop)) return await LeaseAsync(world);
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
