namespace Handlers.Transport.Contract;

public abstract partial class GroupContract : HarnessTests
{
    [Fact(Timeout = Limit)]
    public async Task The_lanes_end_without_an_error_when_they_are_stopped()
    {
        var topic = await TopicAsync();
        var member = await JoinAsync(topic);
        await member.LaneAsync();
        await member.StopAsync();
        Assert.True(member.Enumeration.IsCompletedSuccessfully);
    }

    [Fact(Timeout = Limit)]
    public async Task The_lanes_end_when_they_were_stopped_before_they_began()
    {
        var topic = await TopicAsync();
        var transport = await TransportAsync();
        var subscription = await Soon(transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic(topic, default, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(1) },
            CancellationToken.None));
        var lanes = 0;
        await foreach (var _ in subscription.LanesAsync(new CancellationToken(true))) lanes++;
        Assert.Equal(0, lanes);
        await Soon(subscription.DisposeAsync());
        await (await JoinAsync(topic)).LaneAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task Releasing_and_disposing_twice_is_as_good_as_once()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 1);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        await member.StopAsync();
        await Soon(lane.ReleaseAsync(LaneEnd.Stopped));
        await Soon(lane.ReleaseAsync(LaneEnd.Stopped));
        await Soon(member.Subscription.DisposeAsync());
        await Soon(member.Subscription.DisposeAsync());
        await Soon(member.Transport.DisposeAsync());
        await Soon(member.Transport.DisposeAsync());
    }

    [Fact(Timeout = Limit)]
    public async Task A_subscription_that_is_disposed_stores_nothing_more()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 3);
        var member = await JoinAsync(topic);
        var lane = await member.LaneAsync();
        var read = await ReadAsync(lane, 3);
        await member.CommitAsync(lane, read[0].Position);
        lane.Store(read[2].Position);
        await Soon(member.Subscription.DisposeAsync());
        lane.Store(read[2].Position);
        Assert.Equal(read[0].Position, await CommittedAsync(lane));
        await Soon(lane.ReleaseAsync(LaneEnd.Stopped));
        var next = await (await JoinAsync(topic)).LaneAsync();
        Assert.Equal("1", (await ReadAsync(next, 1))[0].Text);
    }

    [Fact(Timeout = Limit)]
    public async Task A_transport_that_is_disposed_hands_its_lanes_over()
    {
        var topic = await TopicAsync();
        await PublishAsync(topic, 0, 1, transport: await TransportAsync());
        var member = await JoinAsync(topic);
        await member.LaneAsync();
        await Soon(member.Transport.DisposeAsync());
        await (await JoinAsync(topic)).LaneAsync();
    }

    [Fact(Timeout = Limit)]
    public async Task A_group_without_a_name_is_refused()
    {
        var topic = await TopicAsync();
        var error = await Record.ExceptionAsync(() => JoinAsync(topic, " "));
        Assert.True(error is ArgumentException or TransportException, $"{error}");
        Assert.Contains("group", error.Message, StringComparison.OrdinalIgnoreCase);
    }
}
