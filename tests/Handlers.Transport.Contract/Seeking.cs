namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_lane_goes_back_and_forth_and_each_time_opens_a_new_epoch()
    {
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 10);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 10);
        var epoch = lane.Id.Epoch;
        foreach (var (to, next) in ((StartPosition, int)[])
            [(StartPosition.Behind(read[2].Position), 3), (StartPosition.Behind(read[7].Position), 8), (StartPosition.Earliest, 0)])
        {
            await Soon(lane.SeekAsync(to, CancellationToken.None));
            Assert.True(lane.Id.Epoch > epoch, "The epoch did not rise.");
            epoch = lane.Id.Epoch;
            Assert.Equal($"{next}", (await ReadAsync(lane, 1))[0].Text);
        }

        await Soon(lane.SeekAsync(StartPosition.Latest, CancellationToken.None));
        await PublishAsync(topic, 10, 1);
        Assert.Equal("10", (Harness.Features.ExactSeeks ? await ReadAsync(lane, 1) : await ReadFromAsync(lane, 10, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_goes_to_a_time()
    {
        Assert.SkipUnless(Harness.Features is { Seeks: true, Times: true, Timestamps: true }, NoSeeks);
        var topic = await TopicAsync();
        var at = await PublishAtTimesAsync(topic);
        var lane = await (await JoinAsync(topic)).LaneAsync();
        await ReadAsync(lane, 5);
        await Soon(lane.SeekAsync(StartPosition.At(at[3]), CancellationToken.None));
        Assert.Equal("3", (await ReadAsync(lane, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_rewind_is_durable_when_it_completes()
    {
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 5);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 5);
        await member.CommitAsync(lane, read[4].Position);
        await Soon(lane.SeekAsync(StartPosition.Behind(read[1].Position), CancellationToken.None));
        await member.LeaveAsync();
        Assert.Equal("2", (await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task What_was_stored_before_a_seek_does_not_count_after_it()
    {
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 5);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 5);
        lane.Store(read[4].Position);
        await Soon(lane.SeekAsync(StartPosition.Behind(read[0].Position), CancellationToken.None));
        await member.FlushAsync();
        Assert.Equal(read[0].Position, await CommittedAsync(lane));
        // In the new epoch what comes after the new place counts, though it is behind what was stored before.
        await member.CommitAsync(lane, read[1].Position);
        Assert.Equal(read[1].Position, await CommittedAsync(lane));
    }

    [Fact(Timeout = Limit)]
    public async Task A_lane_is_not_lost_by_its_own_seek()
    {
        Assert.SkipUnless(Harness.Features.Seeks, NoSeeks);
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 30);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        for (var i = 0; i < 10; i++)
        {
            var read = await ReadAsync(lane, 3);
            lane.Store(read[2].Position);
            var flush = member.FlushAsync();
            await Soon(lane.SeekAsync(StartPosition.Behind(read[0].Position), CancellationToken.None));
            await flush;
            Assert.False(lane.Lost.IsCancellationRequested);
        }

        Assert.Equal("10", (await ReadAsync(lane, 1))[0].Text);
    }
}
