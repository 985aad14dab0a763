namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task What_is_flushed_is_durable_and_the_next_subscription_goes_on_behind_it()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 10);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 6);
        await member.CommitAsync(lane, read[3].Position);
        Assert.Equal(read[3].Position, await CommittedAsync(lane));
        await member.LeaveAsync();
        var next = await (await JoinAsync(topic)).LaneAsync();
        Assert.True(next.Id.Epoch > lane.Id.Epoch, "The epoch did not rise.");
        Assert.Equal(Numbers(4, 6), (await ReadAsync(next, 6)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_stored_and_not_flushed_is_not_durable()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var before = await CommittedAsync(lane);
        lane.Store((await ReadAsync(lane, 3))[2].Position);
        await member.ReleaseAsync(lane);
        Assert.Equal(before, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task A_flush_without_anything_stored_changes_nothing()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var before = await CommittedAsync(lane);
        await member.FlushAsync();
        Assert.Equal(before, await CommittedAsync(lane));
        await member.CommitAsync(lane, (await ReadAsync(lane, 2))[1].Position);
        var committed = await CommittedAsync(lane);
        await member.FlushAsync();
        Assert.Equal(committed, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task A_position_never_moves_backwards_within_an_epoch()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 5);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 5);
        lane.Store(read[3].Position);
        await member.CommitAsync(lane, read[1].Position);
        Assert.Equal(read[3].Position, await CommittedAsync(lane));
        await member.CommitAsync(lane, read[2].Position);
        Assert.Equal(read[3].Position, await CommittedAsync(lane));
        await member.CommitAsync(lane, read[4].Position);
        Assert.Equal(read[4].Position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task What_is_stored_after_the_release_is_ignored()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 3);
        await member.CommitAsync(lane, read[0].Position);
        await member.ReleaseAsync(lane);
        await member.CommitAsync(lane, read[2].Position);
        Assert.Equal(read[0].Position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task One_flush_makes_every_lane_durable()
    {
        var topic = await TopicAsync(3);
        var member = await JoinAsync(topic);
        for (var i = 0; i < 60; i++) await Soon(member.Transport.Publisher.PublishAsync(Text(topic, $"{i}", $"k{i}"), CancellationToken.None));
        var last = new Dictionary<ILane, Position>();
        foreach (var lane in await member.LanesAsync(3))
        {
            await Eventually(() => lane.State.LagMessages is null or > 0, "messages in every lane");
            last[lane] = (await ReadAsync(lane, 1))[0].Position;
            lane.Store(last[lane]);
        }

        await member.FlushAsync();
        foreach (var (lane, position) in last) Assert.Equal(position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task Storing_beside_reads_and_flushes_is_safe()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 300);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = new List<Received>();
        while (read.Count < 300)
        {
            read.AddRange(await ReadAsync(lane, 10));
            var flush = member.FlushAsync();
            lane.Store(read[^1].Position);
            await flush;
        }

        await member.FlushAsync();
        Assert.Equal(read[^1].Position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task Groups_are_independent()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 4);
        var (one, two) = (await JoinAsync(topic, "one"), await JoinAsync(topic, "two"));
        var (laneOne, laneTwo) = (await one.LaneAsync(), await two.LaneAsync());
        await one.CommitAsync(laneOne, (await ReadAsync(laneOne, 4))[3].Position);
        var read = await ReadAsync(laneTwo, 4);
        Assert.Equal(Numbers(0, 4), read.Select(m => m.Text));
        await two.CommitAsync(laneTwo, read[0].Position);
        Assert.Equal(read[3].Position, await CommittedAsync(laneOne, "one"));
        Assert.Equal(read[0].Position, await CommittedAsync(laneTwo, "two"));
    }

    [Fact(Timeout = Limit)]
    public async Task Messages_and_positions_outlive_every_process()
    {
        Assert.SkipUnless(Harness.Features.SurvivesReopening, "The log lives in memory.");
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        await PublishAsync(topic, 0, 10, transport: transport);
        var member = await JoinAsync(topic, transport: transport);
        var lane = await member.LaneAsync();
        await member.CommitAsync(lane, (await ReadAsync(lane, 5))[4].Position);
        await member.LeaveAsync();
        await Soon(transport.DisposeAsync());
        Assert.Equal(Numbers(5, 5), (await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 5)).Select(m => m.Text));
    }
}
