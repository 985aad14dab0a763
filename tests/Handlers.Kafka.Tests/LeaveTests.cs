using Handlers.Kafka.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kafka.Tests;

public sealed class LeaveTests
{
    /// <summary>
    /// The client calls back for it all the same, within its end. To ask the group for a position then is to wait for the whole of CallTimeout: it
    /// was 30 s for one in five processes that ended soon after their start, and the stop budget was over.
    /// </summary>
    [Theory(Timeout = 60_000), InlineData(true), InlineData(false)]
    public async Task A_member_that_leaves_before_it_has_heard_of_its_lanes_does_not_ask_where_they_begin(bool classic)
    {
        var stop = TestContext.Current.CancellationToken;
        await using var broker = await Broker.StartAsync(stop: stop);
        await broker.CreateTopicAsync("topic", 1);
        var options = new KafkaOptions { Servers = broker.Bootstrap, Start = StartFrom.Earliest };
        foreach (var (name, value) in classic ? TestSettings.Classic : TestSettings.ConsumerProtocol) options.ConsumerSettings[name] = value;
        await using var transport = new KafkaTransport(options, TimeProvider.System, NullLogger.Instance);
        var subscription = (KafkaSubscription)await transport.SubscribeAsync(
            new SubscriptionRequest { Group = "group", Topics = [new("topic", new StartPosition(StartFrom.Earliest), default)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop);
        await broker.SetRoundTripAsync(1, TimeSpan.FromMilliseconds(300)); // longer than the thread's first look, before it is held
        using var leaves = new ManualResetEventSlim();
        var held = subscription.Polled.RunAsync(() => // the thread that would hear of the lane
        {
            leaves.Wait(stop);
            return true;
        }, stop);
        await using var lanes = subscription.LanesAsync(stop).GetAsyncEnumerator(stop);
        var lane = lanes.MoveNextAsync();
        await Waiting.UntilAsync(async () => await broker.RequestsAsync(classic ? KafkaApi.Heartbeat : KafkaApi.ConsumerGroupHeartbeat) >= 3, () => "The group is not joined.");

        var left = subscription.DisposeAsync().AsTask();
        leaves.Set();
        await left.WaitAsync(TimeSpan.FromSeconds(15), stop);
        await held;
        Assert.False(await lane);
    }
}
