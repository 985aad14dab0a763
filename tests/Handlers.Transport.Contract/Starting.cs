using System.Globalization;

namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_group_begins_at_the_earliest_message()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        Assert.Equal("0", (await ReadAsync(await (await JoinAsync(topic, start: StartPosition.Earliest)).LaneAsync(), 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_group_begins_at_the_next_message_to_come()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var lane = await (await JoinAsync(topic, start: StartPosition.Latest)).LaneAsync();
        await PublishAsync(topic, 3, 2);
        Assert.Equal(["3", "4"], (await ReadAsync(lane, 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_group_begins_at_the_first_message_at_or_after_a_time()
    {
        Assert.SkipUnless(Harness.Features is { Times: true, Timestamps: true }, "The broker does not look up times.");
        var topic = await TopicAsync();
        var at = await PublishAtTimesAsync(topic);
        Assert.Equal("2", (await ReadAsync(await (await JoinAsync(topic, "at", StartPosition.At(at[2]))).LaneAsync(), 1))[0].Text);
        Assert.Equal("2", (await ReadAsync(await (await JoinAsync(topic, "between", StartPosition.At(at[1].AddMilliseconds(1)))).LaneAsync(), 1))[0].Text);
        Assert.Equal("0", (await ReadAsync(await (await JoinAsync(topic, "before", StartPosition.At(at[0].AddDays(-1)))).LaneAsync(), 1))[0].Text);
        var after = await (await JoinAsync(topic, "after", StartPosition.At(at[4].AddDays(1)))).LaneAsync();
        await PublishAsync(topic, 5, 1);
        Assert.Equal("5", (await ReadAsync(after, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_start_is_resolved_once_so_that_a_crash_before_the_first_commit_skips_nothing()
    {
        Assert.SkipUnless(Harness.Features.Kills, "The harness cannot kill.");
        var topic = await TopicAsync();
        var bystander = await TransportAsync();
        await PublishAsync(topic, 0, 3, transport: bystander);
        var member = await JoinAsync(topic, start: StartPosition.Latest);
        await member.LaneAsync();
        await PublishAsync(topic, 3, 2, transport: bystander);
        await KillAsync(member);
        await PublishAsync(topic, 5, 1, transport: bystander);
        var next = await (await JoinAsync(topic, start: StartPosition.Latest)).LaneAsync();
        Assert.Equal(Numbers(3, 3), (await ReadFromAsync(next, 3, 3)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_start_is_resolved_once_when_the_first_member_leaves_without_a_commit()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var member = await JoinAsync(topic, start: StartPosition.Latest);
        await member.LaneAsync();
        await member.LeaveAsync();
        await PublishAsync(topic, 3, 2);
        var next = await (await JoinAsync(topic, start: StartPosition.Latest)).LaneAsync();
        Assert.Equal(Numbers(3, 2), (await ReadFromAsync(next, 3, 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_committed_position_goes_before_the_start()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 4);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        await member.CommitAsync(lane, (await ReadAsync(lane, 1))[0].Position);
        await member.LeaveAsync();
        Assert.Equal("1", (await ReadAsync(await (await JoinAsync(topic, start: StartPosition.Latest)).LaneAsync(), 1))[0].Text);
    }

    /// <summary>Reads so many messages, without those from before a number where the broker may hand them out again.</summary>
    private async Task<List<Received>> ReadFromAsync(ILane lane, int from, int count)
    {
        var read = await ReadAsync(lane, count);
        while (!Harness.Features.ExactLatest && read.RemoveAll(m => int.Parse(m.Text!, CultureInfo.InvariantCulture) < from) is > 0 and var before) read.AddRange(await ReadAsync(lane, before));
        return read;
    }

    /// <summary>Five messages, an hour apart.</summary>
    private async Task<List<DateTimeOffset>> PublishAtTimesAsync(string topic)
    {
        var first = new DateTimeOffset(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);
        var times = Enumerable.Range(0, 5).Select(i => first.AddHours(i)).ToList();
        var transport = await TransportAsync();
        for (var i = 0; i < 5; i++)
            await Soon(transport.Publisher.PublishAsync(Text(topic, $"{i}", "k") with { Timestamp = times[i] }, CancellationToken.None));
        return times;
    }
}
