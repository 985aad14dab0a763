using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

public sealed class KeyOrderTests
{
    private readonly ConcurrentQueue<string> handled = new();
    private readonly ConcurrentDictionary<string, TaskCompletionSource> held = new();

    [Fact]
    public async Task A_stuck_key_holds_back_itself_and_the_watermark_and_nothing_else()
    {
        await using var host = await StartAsync(Ordering.Key);
        Hold("a1");
        foreach (var body in new[] { "b0", "a1", "b1", "a2", "c1", "b2" }) await PublishAsync(host, body);
        await host.WaitUntilAsync(() => handled.Count == 4, TestContext.Current.CancellationToken);

        Assert.Equal(["b0", "b1", "b2"], handled.Where(h => h[0] == 'b'));
        Assert.DoesNotContain("a2", handled);
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 1, stop: TestContext.Current.CancellationToken);
        held["a1"].SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["a1", "a2"], handled.Where(h => h[0] == 'a'));
        Assert.Equal(6, host.Committed(TestHandler.Group, TestHandler.Topic));
    }

    [Theory]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task A_handler_that_blocks_its_thread_for_ever_holds_neither_other_keys_nor_other_lanes_nor_the_stop(Ordering ordering)
    {
        using var never = new ManualResetEventSlim();
        var host = await TestHandler.StartAsync(
            TestHandler.Of((body, _, _) =>
            {
                if (body == "stuck") never.Wait(TestContext.Current.CancellationToken); // ignores its token
                handled.Enqueue(body);
                return default;
            }, settings: s => s with { Ordering = ordering, Concurrency = 4 }), partitions: 2);
        await host.PublishAsync(TestHandler.Topic, "stuck", "s");
        for (var i = 0; i < 20; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        await host.WaitUntilAsync(() => handled.Count == 20, TestContext.Current.CancellationToken);

        await host.DisposeAsync(); // within the budget of virtual time: it would hang otherwise
        var partition = Enumerable.Range(0, 2).Single(p => host.Broker.Committed(TestHandler.Group, TestHandler.Topic, p) is null || host.Broker.Committed(TestHandler.Group, TestHandler.Topic, p)!.Value.Number + 1 < host.Broker.Ends(TestHandler.Topic)[p]);
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, partition)); // the stuck message was the first
        never.Set();
    }

    [Fact]
    public async Task What_is_not_committed_is_bounded_and_the_lane_is_read_on_when_there_is_room()
    {
        await using var host = await StartAsync(Ordering.Key, ("Handlers:MaxUncommitted", "10"), ("Handlers:BatchSize", "5"));
        Hold("a0");
        for (var i = 0; i < 40; i++) await PublishAsync(host, i == 0 ? "a0" : $"b{i}");
        // Between half and all of it: reads are of five messages or fewer, and are made while another five have room.
        await host.WaitUntilAsync(() => handled.Count >= 5 && host.Status.Handlers.Single().Counts.Received == handled.Count + 1, TestContext.Current.CancellationToken);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.InRange(host.Status.Handlers.Single().Lanes.Single().Uncommitted, 6, 10);
        Assert.InRange(host.Status.Handlers.Single().Counts.Received, 6, 10);

        held["a0"].SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(40, handled.Count);
    }

    [Fact]
    public async Task Order_within_keys_holds_with_many_keys_and_a_concurrency_that_is_less()
    {
        await using var host = await StartAsync(Ordering.Key);
        for (var i = 0; i < 1000; i++) await PublishAsync(host, $"{(char)('a' + i * 7 % 20)}{i:0000}");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.All(handled.GroupBy(h => h[0]), key => Assert.Equal(key.Order(StringComparer.Ordinal), key));
    }

    private Task<HandlersTestHost> StartAsync(Ordering ordering, params (string Key, string Value)[] configuration) => TestHandler.StartAsync(
        TestHandler.Of(async (body, _, stop) =>
        {
            await Task.Yield();
            if (held.TryGetValue(body, out var hold)) await hold.Task.WaitAsync(stop);
            handled.Enqueue(body);
        }, settings: s => s with { Ordering = ordering, Concurrency = 8 }),
        configuration: configuration.Select(c => KeyValuePair.Create(c.Key, (string?)c.Value)));

    private void Hold(string body) => held[body] = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static ValueTask PublishAsync(HandlersTestHost host, string body) => host.PublishAsync(TestHandler.Topic, body, body[..1]);
}
