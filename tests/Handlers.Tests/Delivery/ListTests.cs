using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

/// <summary>Lists that wait: for more messages, for room, for a broker.</summary>
public sealed class ListTests
{
    private readonly ConcurrentQueue<string> calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_list_whose_letter_cannot_be_published_leaves_its_place_to_the_lists_of_other_lanes()
    {
        var hooks = Away();
        await using var host = await TestHandler.StartAsync(hooks, partitions: 2, List(
            call => call.Payloads[0] == "bad" ? throw new InvalidOperationException("no") : default,
            s => s with { Ordering = Ordering.None, Concurrency = 1, BatchSize = 1, DeadLetter = "things.dead" }));
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilAsync(() => calls.Count == 1, Stop);
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.AdvanceUntilAsync(() => calls.Contains("good"), stop: Stop);
        hooks.Publishing = null;
    }

    [Fact]
    public async Task A_list_that_is_larger_than_what_may_be_uncommitted_is_not_held_up_until_its_time()
    {
        await using var host = await TestHandler.StartAsync(
            List(_ => default, s => s with { BatchSize = 100, BatchTime = TimeSpan.FromHours(1) }),
            configuration: [KeyValuePair.Create("Handlers:MaxUncommitted", (string?)"50")]);
        for (var i = 0; i < 200; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(Stop);
    }

    [Fact]
    public async Task A_list_that_waits_for_more_messages_is_not_stuck()
    {
        var never = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(new Hooked(), partitions: 1,
            List(_ => default, s => s with { BatchSize = 10, BatchTime = TimeSpan.FromMinutes(5) }),
            TestHandler.Of((_, _, stop) => new ValueTask(never.Task.WaitAsync(stop)), "Things.OnOther", s => s with { Topic = "others" }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync("others", "hangs");
        await host.WaitUntilAsync(() => Lane(TestHandler.Name) is { Uncommitted: 1 }, Stop);
        await host.AdvanceUntilAsync(() => Lane("Things.OnOther") is { OldestAge.TotalSeconds: > 90 }, TimeSpan.FromSeconds(1), Stop); // who looks at one looks at both
        Assert.Equal(TimeSpan.Zero, Lane(TestHandler.Name)!.OldestAge);
        Assert.Equal(1, Lane(TestHandler.Name)!.Uncommitted);

        LaneStatus? Lane(string handler) => host.Status.Handlers.Single(h => h.Name == handler).Lanes.SingleOrDefault();
    }

    private static Hooked Away() => new() { Publishing = (m, _) => m.Topic == "things.dead" ? throw new TransportException("The broker is away.") { IsTransient = true } : default };

    /// <summary>A handler of lists that notes what it was called with.</summary>
    private HandlerRegistration List(Func<BatchCall<string>, ValueTask> handle, Func<HandlerSettings, HandlerSettings> settings) => TestHandler.ListOf(
        call =>
        {
            foreach (var body in call.Payloads) calls.Enqueue(body);
            return handle(call);
        }, settings);
}
