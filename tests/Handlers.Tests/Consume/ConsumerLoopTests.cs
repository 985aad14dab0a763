using System.Collections.Concurrent;

namespace Handlers.Tests;

public sealed class ConsumerLoopTests
{
    private readonly ConcurrentQueue<string> seen = new();

    [Fact]
    public async Task A_message_is_unpacked_dispatched_and_committed()
    {
        await using var host = await TestHandler.StartAsync(Recording());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["a", "b"], seen);
        Assert.Equal(new Position(1), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task An_invalid_message_is_skipped_and_the_watermark_advances()
    {
        await using var host = await TestHandler.StartAsync(Recording());
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[] { 0xFF, 0xFE } });
        await host.PublishAsync(TestHandler.Topic, "after");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(["after"], seen);
        Assert.Equal(OutcomeKind.Skipped, host.Outcomes[0].Kind);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Invalid);
    }

    [Fact]
    public async Task A_null_body_is_invalid_where_the_payload_is_not_nullable()
    {
        await using var host = await TestHandler.StartAsync(Recording());
        await host.PublishAsync(TestHandler.Topic, null);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);

        Assert.Contains("not nullable", host.Outcomes.Single().Exception!.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failing_handler_stops_the_host_with_its_message_uncommitted()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of((body, _, _) =>
            body == "bad" ? throw new InvalidOperationException("no such thing") : default));
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.PublishAsync(TestHandler.Topic, "later");
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));

        Assert.Contains("'Things.OnThing' failed at things/0 position 1, which is not committed and comes again at the next start: no such thing", error.Message, StringComparison.Ordinal);
        Assert.Equal([OutcomeKind.Handled, OutcomeKind.Failed], host.Outcomes.Select(o => o.Kind));
        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task A_failing_handler_is_skipped_where_it_says_so()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of(
            (body, _, _) => body == "bad" ? throw new InvalidOperationException("no such thing") : default,
            settings: s => s with { OnFailure = FailedHandler.Skip }));
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal([OutcomeKind.Skipped, OutcomeKind.Handled], host.Outcomes.Select(o => o.Kind));
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Failed);
    }

    [Theory]
    [InlineData(Commit.Watermark)]
    [InlineData(Commit.EachMessage)]
    [InlineData(Commit.OnRead)]
    public async Task What_is_handled_is_committed_on_stop(Commit commit)
    {
        var host = await TestHandler.StartAsync(TestHandler.Of((_, _, _) => default, settings: s => s with { Commit = commit, OnFailure = FailedHandler.Skip }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        await host.DisposeAsync();

        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task Each_message_is_durable_before_the_next_is_dispatched()
    {
        Handlers.Testing.HandlersTestHost? host = null;
        var committed = new ConcurrentQueue<Position?>();
        host = await TestHandler.StartAsync(TestHandler.Of(
            (_, _, _) =>
            {
                committed.Enqueue(host!.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
                return default;
            },
            settings: s => s with { Commit = Commit.EachMessage }));
        await using var _ = host;
        for (var i = 0; i < 3; i++) await host.PublishAsync(TestHandler.Topic, "x");
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);

        Assert.Equal([null, new Position(0), new Position(1)], committed);
    }

    [Fact]
    public async Task On_read_a_batch_is_durable_before_its_first_dispatch()
    {
        Handlers.Testing.HandlersTestHost? host = null;
        Position? committed = null;
        host = await TestHandler.StartAsync(TestHandler.Of(
            (body, _, _) =>
            {
                if (body == "0") committed = host!.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0);
                return default;
            },
            settings: s => s with { Commit = Commit.OnRead, OnFailure = FailedHandler.Skip }));
        await using var _ = host;
        await host.Services.GetPublisher().PublishAsync([.. Enumerable.Range(0, 3).Select(i => Text($"{i}"))], TestContext.Current.CancellationToken);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);

        Assert.Equal(new Position(2), committed);
    }

    [Fact]
    public async Task A_handler_that_ignores_its_token_does_not_hold_the_stop()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var release = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await TestHandler.StartAsync(TestHandler.Of(async (body, _, _) =>
        {
            if (body != "hang") return;
            begun.SetResult();
            await release.Task;
        }));
        await host.PublishAsync(TestHandler.Topic, "fine");
        await host.PublishAsync(TestHandler.Topic, "hang");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await host.DisposeAsync().AsTask().WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
        release.SetResult();

        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task A_handler_that_listens_is_cut_short_and_its_message_stays_uncommitted()
    {
        var begun = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var host = await TestHandler.StartAsync(TestHandler.Of(async (_, _, stop) =>
        {
            begun.SetResult();
            await Task.Delay(Timeout.Infinite, stop);
        }));
        await host.PublishAsync(TestHandler.Topic, "long");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await host.DisposeAsync();

        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        Assert.Empty(host.Outcomes);
    }

    [Fact]
    public async Task A_call_that_takes_longer_than_its_limit_has_failed()
    {
        await using var host = await TestHandler.StartAsync(TestHandler.Of(
            async (body, _, stop) =>
            {
                if (body == "long") await Task.Delay(Timeout.Infinite, stop);
            },
            settings: s => s with { TimeLimit = TimeSpan.FromSeconds(3), OnFailure = FailedHandler.Skip }));
        await host.PublishAsync(TestHandler.Topic, "long");
        await host.PublishAsync(TestHandler.Topic, "short");
        await host.WaitUntilAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(1));
                return host.Outcomes.Count == 2;
            },
            TestContext.Current.CancellationToken);

        Assert.IsType<TimeoutException>(host.Outcomes[0].Exception);
        Assert.Equal(OutcomeKind.Handled, host.Outcomes[1].Kind);
    }

    [Fact]
    public async Task Lanes_keep_their_order_and_run_beside_each_other()
    {
        var byLane = new ConcurrentDictionary<string, ConcurrentQueue<long>>();
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of(async (_, context, _) =>
            {
                await Task.Yield();
                byLane.GetOrAdd(context.Lane.Partition, _ => new()).Enqueue(context.Position.Number);
            }),
            partitions: 4);
        for (var i = 0; i < 1000; i++) await host.PublishAsync(TestHandler.Topic, "x", key: $"{i % 17}");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal(4, byLane.Count);
        Assert.All(byLane.Values, positions => Assert.Equal(Enumerable.Range(0, positions.Count).Select(i => (long)i), positions));
    }

    private HandlerRegistration Recording() => TestHandler.Of((body, _, _) =>
    {
        seen.Enqueue(body);
        return default;
    });

    private static OutgoingMessage Text(string body) => new() { Topic = TestHandler.Topic, Body = System.Text.Encoding.UTF8.GetBytes(body) };
}
