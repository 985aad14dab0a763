using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

/// <summary>Items of a list by their own exceptions; handlers and commits that hang.</summary>
public sealed class HangingTests
{
    private readonly ConcurrentQueue<string> calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_item_of_a_list_is_tried_again_by_its_own_exception()
    {
        await using var host = await TestHandler.StartAsync(new Hooked(), partitions: 1, TestHandler.ListOf(
                call =>
                {
                    foreach (var body in call.Payloads) calls.Enqueue(body);
                    for (var i = 0; i < call.Payloads.Count; i++)
                        call.Context.Fail(i, call.Payloads[i] == "never" ? new ArgumentException("no") : new TimeoutException("later"));
                    return default;
                },
                s => s with { BatchSize = 2, OnFailure = FailedHandler.Skip, Retry = new RetrySettings { Delay = TimeSpan.Zero, Except = [typeof(ArgumentException)] } }));
        await host.PublishAsync(TestHandler.Topic, "never");
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 2, stop: Stop);
        Assert.Equal(3, calls.Count(c => c == "again"));
        Assert.Equal(1, calls.Count(c => c == "never"));
    }

    [Fact]
    public async Task A_handler_that_hangs_is_stuck_although_its_lane_is_paused()
    {
        var hang = new TaskCompletionSource();
        await using var host = await TestHandler.StartAsync(new Hooked(), partitions: 1, TestHandler.Of((_, _, stop) => new ValueTask(hang.Task.WaitAsync(stop))));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: 1 }], Stop);
        host.Services.GetRequiredService<HandlersControl>().Pause(TestHandler.Name);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.TotalSeconds: > 60 }], TimeSpan.FromSeconds(1), Stop);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_handler_that_never_returns_in_lane_order_holds_up_neither_the_other_lane_nor_the_stop(bool blocks)
    {
        using var never = new ManualResetEventSlim();
        var host = await TestHandler.StartAsync(new Hooked(), partitions: 2, TestHandler.Of((body, _, _) =>
        {
            calls.Enqueue(body);
            if (!body.StartsWith("stuck", StringComparison.Ordinal)) return default;
            if (!blocks) return new(new TaskCompletionSource().Task);
            never.Wait(CancellationToken.None);
            return default;
        }));
        await host.PublishAsync(TestHandler.Topic, "m0", "k0");
        await host.WaitUntilCommittedAsync(Stop);
        var stuckLane = Committed(0) is null ? 1 : 0;
        for (var i = 1; i < 20; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}", $"k{i}");
        await host.WaitUntilCommittedAsync(Stop);
        var (stands, ofTheOther) = (Committed(stuckLane), Committed(1 - stuckLane) + 1);
        await host.PublishAsync(TestHandler.Topic, "stuck", "k0");
        for (var i = 0; i < 20; i++) await host.PublishAsync(TestHandler.Topic, $"n{i}", $"k{i}");

        await host.AdvanceUntilAsync(() => Committed(1 - stuckLane) + 1 == 2 * ofTheOther, TimeSpan.FromSeconds(1), Stop);
        Assert.True(ofTheOther > 0);
        Assert.Equal(stands, Committed(stuckLane));
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        never.Set();
        await host.DisposeAsync();

        long? Committed(int partition) => host.Broker.Committed(TestHandler.Group, TestHandler.Topic, partition)?.Number;
    }

    [Fact]
    public async Task A_commit_that_never_comes_back_turns_health_red()
    {
        var hang = new TaskCompletionSource();
        var hooks = new Hooked { Flushing = stop => new ValueTask(hang.Task.WaitAsync(stop)) };
        await using var host = await TestHandler.StartAsync(hooks, partitions: 1, TestHandler.Of((_, _, _) => default));
        await host.PublishAsync(TestHandler.Topic, "a");
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var until = host.Clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        await host.AdvanceUntilAsync(() => host.Clock.GetUtcNow() > until, TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(Stop)).Status);
    }
}
