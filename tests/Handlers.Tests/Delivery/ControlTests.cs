using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

public sealed class ControlTests : IDisposable
{
    private const string Name = "Things.OnThing";

    private readonly ConcurrentQueue<string> handled = new();
    private readonly SemaphoreSlim go = new(0);
    private bool holds;

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    [InlineData(Ordering.None)]
    public async Task A_paused_handler_begins_nothing_and_goes_on_when_resumed(Ordering ordering)
    {
        await using var host = await StartAsync(ordering);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Control(host).Pause(Name);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        host.Clock.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(["a"], handled);
        Assert.Equal(PauseReasons.Asked, host.Status.Handlers.Single().Lanes.Single().Paused);
        Assert.True(Control(host).IsPaused(Name));

        Control(host).Resume(Name);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(6, handled.Count);
    }

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.None)]
    public async Task A_pause_in_the_middle_of_a_batch_holds_what_was_read_and_a_stop_ends_it(Ordering ordering)
    {
        holds = true;
        var host = await StartAsync(ordering, s => s with { Concurrency = 1 });
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        go.Release();
        await host.WaitUntilAsync(() => handled.Count == 1, TestContext.Current.CancellationToken);
        Control(host).Pause(Name);
        go.Release(9);
        await host.WaitUntilAsync(() => handled.Count == 2, TestContext.Current.CancellationToken); // what was under way
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(2, handled.Count);
        Assert.Equal(new Position(1), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task One_lane_is_paused_alone()
    {
        await using var host = await StartAsync(Ordering.Lane, partitions: 2);
        Control(host).Pause(Name, "1");
        for (var i = 0; i < 20; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        var ends = host.Broker.Ends(TestHandler.Topic);
        Assert.All(ends, e => Assert.True(e > 0));
        await host.WaitUntilAsync(() => handled.Count == ends[0], TestContext.Current.CancellationToken);
        Control(host).Resume(Name, "1");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_pause_survives_a_rebalance()
    {
        await using var host = await StartAsync(Ordering.Lane, partitions: 2);
        Control(host).Pause(Name);
        await using (var other = new InMemoryTransport(host.Broker))
        {
            var joined = await other.SubscribeAsync(new SubscriptionRequest { Group = TestHandler.Group, Topics = [new(TestHandler.Topic, default, default)], RevokeBudget = TimeSpan.FromSeconds(10) }, TestContext.Current.CancellationToken);
            await using var lanes = joined.LanesAsync(TestContext.Current.CancellationToken).GetAsyncEnumerator(TestContext.Current.CancellationToken);
            Assert.True(await lanes.MoveNextAsync()); // one lane was handed over
            await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, TestContext.Current.CancellationToken);
        }

        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 2, TestContext.Current.CancellationToken);
        Assert.All(host.Status.Handlers.Single().Lanes, l => Assert.Equal(PauseReasons.Asked, l.Paused));
        await host.PublishAsync(TestHandler.Topic, "a");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(handled);
        Control(host).Resume(Name);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
    }

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    public async Task A_rewind_goes_back_and_forth_and_commits_from_there(Ordering ordering)
    {
        await using var host = await StartAsync(ordering);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        await Control(host).RewindAsync(Name, StartPosition.Behind(new Position(2)), "0", TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => handled.Count == 7, TestContext.Current.CancellationToken);
        Assert.Equal(["m3", "m4"], handled.Skip(5).Order());
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 5, stop: TestContext.Current.CancellationToken);

        await Control(host).RewindAsync(Name, StartPosition.Earliest, stop: TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => handled.Count == 12, TestContext.Current.CancellationToken);
        Assert.Equal(3, host.Status.Handlers.Single().Lanes.Single().Id.Epoch);
    }

    [Fact]
    public async Task A_rewind_to_a_position_that_there_is_not_is_refused_and_the_lane_stays_where_it_was()
    {
        await using var host = await StartAsync(Ordering.Key);
        await Assert.ThrowsAsync<TransportException>(() => Control(host).RewindAsync(Name, StartPosition.Behind(new Position(5000)), "0", TestContext.Current.CancellationToken));
        for (var i = 0; i < 3; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", "k"); // without a key there is no order
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        var error = await Assert.ThrowsAsync<TransportException>(() => Control(host).RewindAsync(Name, StartPosition.Behind(new Position(5000)), "0", TestContext.Current.CancellationToken));
        Assert.Contains("has no position 5000: it ends at 2", error.Message, StringComparison.Ordinal);
        await host.PublishAsync(TestHandler.Topic, "m3", "k");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["m0", "m1", "m2", "m3"], handled);
        Assert.Empty(host.Status.Failures);
    }

    [Fact]
    public async Task A_rewind_waits_for_what_is_under_way_and_what_does_not_end_is_fenced()
    {
        holds = true;
        await using var host = await StartAsync(Ordering.Key, s => s with { Concurrency = 4 });
        for (var i = 0; i < 3; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Single().Uncommitted == 3, TestContext.Current.CancellationToken);
        var rewinding = Control(host).RewindAsync(Name, StartPosition.Behind(new Position(1)), "0", TestContext.Current.CancellationToken);
        await host.AdvanceUntilAsync(() => rewinding.IsCompleted, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        await rewinding;
        go.Release(100);
        await host.AdvanceUntilAsync(() => host.Committed(TestHandler.Group, TestHandler.Topic) == 3, stop: TestContext.Current.CancellationToken);
        Assert.Contains("m2", handled);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Handled); // the three of before count for nothing
    }

    [Fact]
    public async Task Concurrency_changes_for_the_handler_and_for_one_lane()
    {
        holds = true;
        await using var host = await StartAsync(Ordering.None, s => s with { Concurrency = 1 });
        var running = 0;
        for (var i = 0; i < 8; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        Control(host).SetConcurrency(Name, 5);
        await host.WaitUntilAsync(() => Volatile.Read(ref inCall) == 5, TestContext.Current.CancellationToken);
        Control(host).SetConcurrency(Name, 2, "0");
        go.Release(3);
        await host.WaitUntilAsync(() => handled.Count == 3, TestContext.Current.CancellationToken);
        Assert.Equal(2, Volatile.Read(ref inCall));
        go.Release(100);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, running);
    }

    [Fact]
    public async Task What_cannot_be_says_why()
    {
        await using var host = await StartAsync(Ordering.Lane);
        var control = Control(host);
        Assert.Contains("Did you mean 'Things.OnThing'?", Assert.Throws<ArgumentException>(() => control.Pause("Things.OnTing")).Message, StringComparison.Ordinal);
        Assert.Contains("has Ordering.Lane", Assert.Throws<InvalidOperationException>(() => control.SetConcurrency(Name, 3)).Message, StringComparison.Ordinal);
        Assert.Contains("has no lane things/7 in this process now", (await Assert.ThrowsAsync<InvalidOperationException>(() => control.RewindAsync(Name, StartPosition.Latest, "7"))).Message, StringComparison.Ordinal);
        await Assert.ThrowsAsync<ArgumentException>(() => control.RewindAsync(Name, StartPosition.Behind(new Position(1))));
    }

    private int inCall;

    public void Dispose() => go.Dispose();

    private static HandlersControl Control(HandlersTestHost host) => host.Services.GetRequiredService<HandlersControl>();

    private async Task<HandlersTestHost> StartAsync(Ordering ordering, Func<HandlerSettings, HandlerSettings>? settings = null, int partitions = 1)
    {
        var host = await TestHandler.StartAsync(
            TestHandler.Of(async (body, _, _) =>
            {
                Interlocked.Increment(ref inCall);
                if (holds) await go.WaitAsync(TestContext.Current.CancellationToken);
                Interlocked.Decrement(ref inCall);
                handled.Enqueue(body);
            }, settings: s => (settings ?? (x => x))(s with { Ordering = ordering })), partitions);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == partitions, TestContext.Current.CancellationToken);
        return host;
    }
}
