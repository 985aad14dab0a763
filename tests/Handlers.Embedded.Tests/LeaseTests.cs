namespace Handlers.Embedded.Tests;

/// <summary>What time does to leases: suspension, zombies, clocks that jump.</summary>
public sealed class LeaseTests : EmbeddedTest
{
    [Fact(Timeout = Limit)]
    public async Task A_lane_knows_how_old_its_end_is_as_soon_as_it_is_there()
    {
        await PublishAsync(Transport(), 0, 3); // as another process: what it wrote is known here by the lane alone
        var (_, lane) = await LaneAsync(Transport(o => (o.PollInterval, o.LeaseTime) = (TimeSpan.FromSeconds(10), TimeSpan.FromMinutes(1))));
        await ReadAsync(lane, 1);
        Assert.InRange(lane.State.LagTime ?? TimeSpan.MaxValue, TimeSpan.Zero, TimeSpan.FromMinutes(1));
        Assert.Equal(2, lane.State.LagMessages);
    }

    [Fact(Timeout = Limit)]
    public async Task A_process_that_was_suspended_loses_its_lanes_before_it_stores_anything()
    {
        var time = new TestTime();
        var transport = Transport(time: time);
        await PublishAsync(transport, 0, 3);
        var (subscription, lane) = await LaneAsync(transport);
        lane.Store((await ReadAsync(lane, 3))[2].Position);
        var before = Committed();
        time.Suspend(TimeSpan.FromSeconds(2));
        await subscription.FlushAsync(CancellationToken.None);
        Assert.True(lane.Lost.IsCancellationRequested);
        Assert.Equal(before, Committed());
    }

    [Fact(Timeout = Limit)]
    public async Task A_suspended_process_gets_its_lanes_anew_where_nobody_took_them()
    {
        var time = new TestTime();
        var transport = Transport(time: time);
        await PublishAsync(transport, 0, 3);
        var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic("topic", default, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);
        var lanes = subscription.LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await lanes.MoveNextAsync());
        var first = lanes.Current;
        await ReadAsync(first, 3);
        var waiting = first.ReadAsync(new MessageBatch(1, 1), CancellationToken.None).AsTask();
        time.Suspend(TimeSpan.FromSeconds(2));
        Assert.True(await lanes.MoveNextAsync());
        Assert.True(first.Lost.IsCancellationRequested);
        Assert.True(lanes.Current.Id.Epoch > first.Id.Epoch);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () => await first.ReadAsync(new MessageBatch(1, 1), CancellationToken.None));
    }

    [Fact(Timeout = Limit)]
    public async Task A_zombie_whose_clock_stands_still_is_fenced_by_the_file()
    {
        var time = new TestTime();
        var zombie = Transport(time: time);
        await PublishAsync(zombie, 0, 5);
        var (subscription, lane) = await LaneAsync(zombie);
        var read = await ReadAsync(lane, 5);
        time.Stand();
        await zombie.Heartbeat.DisposeAsync();
        var (heirs, taken) = await LaneAsync(Transport());
        Assert.True(taken.Id.Epoch > lane.Id.Epoch);
        taken.Store((await ReadAsync(taken, 2))[1].Position);
        await heirs.FlushAsync(CancellationToken.None);
        lane.Store(read[4].Position);
        await subscription.FlushAsync(CancellationToken.None);
        Assert.True(lane.Lost.IsCancellationRequested);
        Assert.Equal(read[1].Position, Committed());
        await Assert.ThrowsAsync<TransportException>(async () => await lane.SeekAsync(StartPosition.Earliest, CancellationToken.None));
        await lane.ReleaseAsync(LaneEnd.Lost);
        Assert.False(taken.Lost.IsCancellationRequested);
    }

    [Theory(Timeout = Limit)]
    [InlineData(-48)]
    [InlineData(48)]
    public async Task A_wall_clock_that_jumps_changes_no_owner(int hours)
    {
        var time = new TestTime();
        var transport = Transport(time: time);
        await PublishAsync(transport, 0, 2);
        var (subscription, lane) = await LaneAsync(transport);
        var other = Transport();
        await using var second = await other.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic("topic", default, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);
        var waiting = second.LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        var next = waiting.MoveNextAsync().AsTask();
        time.Wall = TimeSpan.FromHours(hours);
        var read = await ReadAsync(lane, 2);
        // Long enough for a lease to run out, if it went by the wall clock.
        await Task.Delay(1500, TestContext.Current.CancellationToken);
        if (!lane.Revoked.IsCompleted)
        {
            Assert.False(lane.Lost.IsCancellationRequested);
            Assert.False(next.IsCompleted);
            lane.Store(read[1].Position);
            await subscription.FlushAsync(CancellationToken.None);
            Assert.Equal(read[1].Position, Committed());
        }

        await subscription.DisposeAsync();
        Assert.True(await next);
    }

    [Fact(Timeout = Limit)]
    public async Task A_renewal_that_waits_for_a_lock_does_not_end_the_subscription()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 2);
        var (subscription, lane) = await LaneAsync(transport);
        using (var tool = Database.Open(File, create: false, TimeSpan.FromSeconds(1)))
        {
            tool.Execute("BEGIN IMMEDIATE");
            await Task.Delay(600, TestContext.Current.CancellationToken);
            tool.Execute("COMMIT");
        }

        var read = await ReadAsync(lane, 2);
        lane.Store(read[1].Position);
        await subscription.FlushAsync(CancellationToken.None);
        Assert.False(lane.Lost.IsCancellationRequested);
        Assert.Equal(read[1].Position, Committed());
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_that_is_moved_costs_the_lane_which_comes_again_there()
    {
        var transport = Transport();
        await PublishAsync(transport, 0, 3);
        await using var lanes = (await SubscribeAsync(transport)).LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        Assert.True(await lanes.MoveNextAsync());
        var lane = lanes.Current;
        await ReadAsync(lane, 3);
        var waiting = lane.ReadAsync(new MessageBatch(1, 1), CancellationToken.None).AsTask();
        using (var log = Log()) log.MovePosition("group", "topic", StartPosition.Earliest);
        Assert.True(await lanes.MoveNextAsync());
        Assert.True(lane.Lost.IsCancellationRequested);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.True(lanes.Current.Id.Epoch > lane.Id.Epoch);
        Assert.Equal(["0", "1", "2"], (await ReadAsync(lanes.Current, 3)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task Two_subscriptions_of_one_process_share_as_two_members_do()
    {
        var transport = Transport(o => o.Partitions = 2);
        await PublishAsync(transport, 0, 1);
        var (one, _) = await LaneAsync(transport);
        var second = LaneAsync(transport);
        await Eventually(() => ((EmbeddedSubscription)one).HeldLanes().Any(l => l.Revoked.IsCompleted));
        await ((EmbeddedSubscription)one).HeldLanes().Single(l => l.Revoked.IsCompleted).ReleaseAsync(LaneEnd.Revoked);
        Assert.NotNull((await second).Lane);
    }
}
