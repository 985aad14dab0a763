using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

public sealed class BatchTests
{
    private readonly ConcurrentQueue<string[]> calls = new();

    [Fact]
    public async Task Messages_are_handled_in_lists_of_the_size_and_a_list_that_is_not_full_when_its_time_has_come()
    {
        await using var host = await StartAsync((_, _) => default);
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilAsync(() => calls.Count == 2, TestContext.Current.CancellationToken);
        Assert.Equal([["m0", "m1"], ["m2", "m3"]], calls);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["m4"], calls.Last());
    }

    /// <summary>kafkaflow#359, #578: offsets of a batch were complete before the batch was.</summary>
    [Fact]
    public async Task Nothing_of_a_list_is_committed_before_the_list_is_done()
    {
        var hold = new TaskCompletionSource();
        await using var host = await StartAsync((_, stop) => new ValueTask(hold.Task.WaitAsync(stop)));
        for (var i = 0; i < 2; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilAsync(() => calls.Count == 1, TestContext.Current.CancellationToken);
        host.Clock.Advance(TimeSpan.FromSeconds(30));
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        hold.SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Single_items_fail_are_tried_again_alone_and_are_dead_lettered()
    {
        await using var host = await StartAsync((call, _) =>
        {
            for (var i = 0; i < call.Payloads.Count; i++)
                if (call.Payloads[i] == "bad") call.Context.Fail(i, new InvalidOperationException("this one"));
            return default;
        }, s => s with { Retry = new RetrySettings { Attempts = 2, Delay = TimeSpan.Zero }, DeadLetter = "things.dead" });
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);

        Assert.Equal([["good", "bad"], ["bad"]], calls);
        Assert.Equal("2", host.Broker.Messages("things.dead").Single().Headers.Text(DeadLetterHeaders.Attempts));
        Assert.Equal("things/0@1", host.Broker.Messages("things.dead").Single().Headers.Text(DeadLetterHeaders.Id));
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Handled);
    }

    [Fact]
    public async Task A_list_that_throws_has_failed_as_a_whole_and_stops_with_all_of_it_uncommitted()
    {
        await using var host = await StartAsync((_, _) => throw new InvalidOperationException("no"));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await Assert.ThrowsAsync<InvalidOperationException>(() => host.WaitUntilHandledAsync(TestContext.Current.CancellationToken));
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task Invalid_messages_are_left_out_of_the_list_and_skipped()
    {
        await using var host = await StartAsync((_, _) => default);
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[] { 0xFF } });
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal([["good"]], calls);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Invalid);
    }

    [Fact]
    public async Task Messages_carry_their_contexts()
    {
        MessageContext? seen = null;
        await using var host = await StartAsync((call, _) =>
        {
            seen = call.Messages[0].Context;
            return default;
        }, s => s with { BatchSize = 1 });
        await host.PublishAsync(TestHandler.Topic, "a", "key", new Headers(Header.Of("h", "v")));
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal("key", seen!.KeyText);
        Assert.Equal("v", seen.Headers.Text("h"));
        Assert.Equal(new Position(0), seen.Position);
    }

    private Task<HandlersTestHost> StartAsync(Func<BatchCall<string>, CancellationToken, ValueTask> handle, Func<HandlerSettings, HandlerSettings>? settings = null) =>
        TestHandler.StartAsync(new BatchRegistration<string>
        {
            Name = "Things.OnThings",
            Declared = (settings ?? (s => s))(new HandlerSettings { Topic = TestHandler.Topic, BatchSize = 2 }),
            PayloadType = "string",
            Unpack = Payload.Text,
            Dispatch = call =>
            {
                calls.Enqueue([.. call.Payloads]);
                return handle(call, call.Stop);
            },
        });
}
