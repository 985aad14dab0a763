using System.Collections.Concurrent;
using Confluent.Kafka;
using Handlers.Kafka.Peers;

namespace Handlers.Kafka.Tests;

/// <summary>What becomes of a call that is under way when its lane is revoked or lost.</summary>
public sealed class RevokeTests
{
    private const int Limit = 60_000;
    private static readonly TimeSpan Budget = TimeSpan.FromSeconds(1);

    /// <summary>Timers of a machine with other things to do.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    public static TheoryData<bool, bool> Cases => new((true, true), (true, false), (false, true), (false, false));

    [Theory(Timeout = Limit), MemberData(nameof(Cases))]
    public async Task Its_token_fires_within_the_budget_and_what_ends_later_counts_for_nothing(bool classic, bool listens)
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync(Application.Topic, 2);
        var settings = classic ? TestSettings.Classic : TestSettings.ConsumerProtocol;
        var hang = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var begun = new ConcurrentBag<Received>();
        var fired = new ConcurrentDictionary<string, long>();
        await using var first = await Application.StartAsync(broker, consumer: settings, options: o => o.RevokeBudget = Budget, handle: async (received, stop) =>
        {
            begun.Add(received);
            stop.Register(() => fired.TryAdd(received.Context.Lane.Partition, TimeProvider.System.GetTimestamp()));
            await (listens ? hang.Task.WaitAsync(stop) : hang.Task);
        });
        await first.PublishAsync(0, 20);
        await Waiting.UntilAsync(() => begun.Count == 2, "One of the lanes has no message under way."); // one in each lane

        await using var second = await Application.StartAsync(broker, consumer: settings);
        await Waiting.UntilAsync(() => !second.Handled.IsEmpty, "The other is given no lane.");
        var partition = second.Handled.First().Context.Lane.Partition;
        var message = begun.Single(b => b.Context.Lane.Partition == partition);
        var revoked = first.Log.FirstAt($"lane {Application.Topic}/{partition} is revoked for another member");
        Assert.NotNull(revoked);
        Assert.InRange(TimeProvider.System.GetElapsedTime(revoked.Value, fired[partition]), TimeSpan.Zero, Budget + Grace);
        await Waiting.UntilAsync(() => first.Status.Handlers[0].Lanes.Count == 1, "The first has not noticed.");
        Assert.Equal(message.Id, second.Handled.First().Id); // it comes again, and is the first to
        await Waiting.UntilAsync(() => second.Status.Handlers[0].Lanes.Single().IsCaughtUp, "The other does not come to the end.");

        hang.SetResult();
        await first.HandlesAsync(10 - (listens ? 1 : 0)); // its own lane
        await Waiting.UntilAsync(async () => await Application.CommittedAsync(broker, 2) == 20, () => $"Not all are committed.\n{first.Log}");
        if (!listens) await Waiting.UntilAsync(() => first.Status.Handlers[0].Counts.Late == 1, "The late outcome is not counted as such.");
        Assert.Empty(Enumerable.Range(0, 20).Except(first.Handled.Concat(second.Handled).Select(h => h.Id)));
        Assert.Equal(second.Handled.Count(h => h.Context.Lane.Partition == partition), second.Handled.Count);
        Assert.Equal(20, await Application.CommittedAsync(broker, 2));
    }

    /// <summary>The group has given the lanes away without asking: nothing of them is committed, whatever is handled still.</summary>
    [Fact(Timeout = Limit)]
    public async Task Of_lanes_that_are_lost_tokens_fire_and_nothing_is_committed()
    {
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        await broker.CreateTopicAsync(Application.Topic, 1);
        var hang = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var fired = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var calls = 0;
        await using var application = await Application.StartAsync(broker, handle: async (received, stop) =>
        {
            stop.Register(() => fired.TrySetResult());
            if (Interlocked.Increment(ref calls) == 1) await hang.Task; // and listens to nothing
        });
        await application.PublishAsync(0, 10);
        await Waiting.UntilAsync(() => Volatile.Read(ref calls) == 1, "Nothing is handled.");
        await broker.FailAsync(KafkaApi.ConsumerGroupHeartbeat, (int)ErrorCode.FencedMemberEpoch);
        await fired.Task.WaitAsync(TestContext.Current.CancellationToken);
        await application.HandlesAsync(10); // by the lane of the next assignment
        await Waiting.UntilAsync(async () => await Application.CommittedAsync(broker, 1) == 10, () => "Not all are committed.");
        await Waiting.UntilAsync(() => application.Log.FirstAt($"ends lane {Application.Topic}/0: Lost") is not null, "The lane does not end."); // nobody waits for the call any more
        hang.SetResult();
        await Waiting.UntilAsync(() => application.Status.Handlers[0].Counts.Late == 1, "The late outcome is not counted as such.");
        Assert.Equal(11, application.Handled.Count);
        await application.PublishAsync(10, 10);
        await application.HandlesAsync(20);
        await Waiting.UntilAsync(async () => await Application.CommittedAsync(broker, 1) == 20, () => "Not all are committed.");
    }
}
