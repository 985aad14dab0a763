namespace Handlers.Transport.Contract;

public abstract partial class TransportContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task A_ping_throws_while_the_broker_is_away_and_not_before_or_after()
    {
        Assert.SkipUnless(Harness.Features.GoesAway, "The harness cannot take the broker away.");
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        await member.Subscription.PingAsync(CancellationToken.None); // with or without a lane
        var lane = await member.LaneAsync();
        await Soon(member.Subscription.PingAsync(CancellationToken.None));

        await Harness.SetAwayAsync(true);
        var away = await Assert.ThrowsAsync<TransportException>(() => Soon(member.Subscription.PingAsync(CancellationToken.None)));
        Assert.NotEmpty(away.Message);

        await Harness.SetAwayAsync(false);
        await Eventually(async () => await PingsAsync(member), "a ping that is answered");
        await PublishAsync(topic, 0, 2);
        Assert.Equal(Numbers(0, 2), (await ReadAsync(lane, 2)).Select(m => m.Text));
    }

    [Fact(Timeout = Limit)]
    public async Task A_ping_disturbs_no_read_and_moves_no_position()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 4);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var first = (await ReadAsync(lane, 2)).Select(m => m.Text).ToList();
        var waits = ReadAsync(lane, 3);
        await Soon(member.Subscription.PingAsync(CancellationToken.None));
        await PublishAsync(topic, 4, 1);
        await Soon(member.Subscription.PingAsync(CancellationToken.None));
        Assert.Equal(Numbers(0, 5), first.Concat((await waits).Select(m => m.Text)));
        await Soon(member.Subscription.PingAsync(CancellationToken.None));
        Assert.False(lane.Lost.IsCancellationRequested || lane.Revoked.IsCompleted);
        await member.LeaveAsync(); // nothing was stored
        Assert.Equal("0", (await ReadAsync(await (await JoinAsync(topic)).LaneAsync(), 1))[0].Text);
    }

    private static async ValueTask<bool> PingsAsync(Member member)
    {
        try
        {
            await member.Subscription.PingAsync(CancellationToken.None);
            return true;
        }
        catch (TransportException)
        {
            return false;
        }
    }
}
