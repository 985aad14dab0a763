using System.Collections.Concurrent;
using Handlers.Testing;

namespace Handlers.Tests;

public sealed class MiddlewareTests
{
    private readonly ConcurrentQueue<string> seen = new();
    private int made;

    [Fact]
    public async Task Middlewares_stand_around_a_call_in_the_order_in_which_they_were_added_and_are_made_once_a_lane()
    {
        await using var host = await StartAsync(
            new Around(async (call, next, stop) =>
            {
                seen.Enqueue($"outer {call.Payload} {call.Context.Position}");
                await next(stop);
                seen.Enqueue("outer ends");
            }),
            new Around(async (_, next, stop) =>
            {
                seen.Enqueue("inner");
                await next(stop);
            }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["outer a 0", "inner", "handled a", "outer ends", "outer b 1", "inner", "handled b", "outer ends"], seen);
        Assert.Equal(2, made);
    }

    [Fact]
    public async Task Who_does_not_call_the_next_skips_the_message()
    {
        var ids = new HashSet<string?>();
        await using var host = await StartAsync(new Around((call, next, stop) => ids.Add(call.Context.Headers.Text("id")) ? next(stop) : default));
        foreach (var id in new[] { "1", "2", "1" }) await host.PublishAsync(TestHandler.Topic, id, headers: new Headers(Header.Of("id", id)));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["handled 1", "handled 2"], seen);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Skipped);
        Assert.Equal(2, host.Status.Handlers.Single().Counts.Handled);
    }

    [Fact]
    public async Task What_stands_behind_the_next_is_done_after_success_alone_and_before_the_outcome_is_final()
    {
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((body, _, _) => body == "fails" ? throw new InvalidOperationException("no success") : default, settings: s => s with { OnFailure = FailedHandler.Skip }),
            services: s => HandlersBuilder.For(s).Use(_ => new Around(async (call, next, stop) =>
            {
                await next(stop);
                seen.Enqueue($"succeeded {call.Payload}");
                if (call.Payload is "hook fails") throw new InvalidOperationException("the hook's own");
            })));
        foreach (var body in new[] { "a", "fails", "hook fails", "b" }) await host.PublishAsync(TestHandler.Topic, body);
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["succeeded a", "succeeded hook fails", "succeeded b"], seen);
        Assert.Equal(2, host.Status.Handlers.Single().Counts.Handled);
        Assert.Equal(2, host.Status.Handlers.Single().Counts.Failed);
    }

    [Fact]
    public async Task What_a_middleware_throws_is_the_outcome()
    {
        await using var host = await StartAsync(new Around((_, _, _) => throw new InvalidMessageException("It fails its validation.")));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Invalid);
    }

    private Task<HandlersTestHost> StartAsync(params IHandlerMiddleware[] middleware) => TestHandler.StartAsync(
        TestHandler.Of((body, _, _) =>
        {
            seen.Enqueue($"handled {body}");
            return default;
        }),
        services: s =>
        {
            foreach (var one in middleware)
                HandlersBuilder.For(s).Use(lane =>
                {
                    Interlocked.Increment(ref made);
                    Assert.Equal("Things.OnThing", lane.Handler);
                    return one;
                });
            HandlersBuilder.For(s).Use(_ => null);
        });

    private sealed class Around(Func<MiddlewareCall, NextStep, CancellationToken, ValueTask> invoke) : IHandlerMiddleware
    {
        public ValueTask InvokeAsync(MiddlewareCall call, NextStep next, CancellationToken stop) => invoke(call, next, stop);
    }
}
