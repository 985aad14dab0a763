using System.Collections.Concurrent;
using System.Globalization;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

/// <summary>A handler has its subscription begin again, while the host goes on.</summary>
public sealed class RestartTests
{
    private readonly ConcurrentQueue<string> calls = new();
    private readonly List<string> logs = [];
    private int asks = 1;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_handler_that_asks_to_begin_again_has_what_is_handled_committed_its_lanes_released_and_its_message_again()
    {
        await using var host = await StartAsync(s => s with { DeadLetter = "things.dead", Retry = new RetrySettings { Attempts = 3 } });
        foreach (var body in (string[])["a", "again", "c"]) await host.PublishAsync(TestHandler.Topic, body);
        await host.WaitUntilAsync(() => Pauses().Count == 1, Stop); // and time stands still
        Assert.Contains(logs, static l => l.Contains("restart 1: Handler 'Things.OnThing' asks to begin again at things/0", StringComparison.Ordinal) && l.EndsWith("once more", StringComparison.Ordinal));
        Assert.Equal(1, host.Committed(TestHandler.Group, TestHandler.Topic));
        Assert.Equal(["a", "again"], calls);

        await host.AdvanceUntilAsync(() => calls.Count == 4, stop: Stop);
        Assert.Equal(["a", "again", "again", "c"], calls);
        await host.WaitUntilCommittedAsync(Stop);
        var status = host.Status.Handlers.Single();
        Assert.Equal((1, 1), (status.Restarts, status.Lanes.Count));
        Assert.Equal((3, 0, 0, 0), (status.Counts.Handled, status.Counts.Failed, status.Counts.Retried, status.Counts.DeadLettered));
        Assert.Empty(host.Status.Failures);
        Assert.Empty(host.Broker.Messages("things.dead"));
        Assert.False(host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
    }

    [Fact]
    public async Task What_is_under_way_in_other_lanes_and_of_other_keys_ends_before_it_begins_again_and_none_is_handled_twice()
    {
        var slow = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        await using var host = await StartAsync(s => s with { Ordering = Ordering.Key, Concurrency = 8 }, partitions: 2, handling: body => body == "slow" ? slow.Task : Task.CompletedTask);
        foreach (var body in (string[])["slow", "slow", "again"]) await host.PublishAsync(TestHandler.Topic, body); // to each lane in turn
        await host.WaitUntilAsync(() => calls.Count == 3, Stop);
        Assert.Empty(Pauses());
        slow.SetResult();
        await host.WaitUntilAsync(() => Pauses().Count == 1, Stop);
        Assert.Equal(2, host.Committed(TestHandler.Group, TestHandler.Topic));
        Assert.Empty(host.Status.Handlers.Single().Lanes);
        await host.PublishAsync(TestHandler.Topic, "late");
        await host.AdvanceUntilAsync(() => calls.Count == 5, stop: Stop);
        await host.WaitUntilCommittedAsync(Stop);
        Assert.Equal(["again", "again", "late", "slow", "slow"], calls.Order());
    }

    [Fact]
    public async Task A_list_whose_handler_asks_to_begin_again_comes_again_whole()
    {
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(TestHandler.ListOf(
                call =>
                {
                    calls.Enqueue(string.Join(' ', call.Payloads));
                    return Interlocked.Decrement(ref asks) >= 0 ? throw new RestartProcessingException("once more") : default;
                },
                x => x with { BatchSize = 2, OnFailure = FailedHandler.Skip })),
            partitions: 1, stop: Stop);
        foreach (var body in (string[])["a", "b"]) await host.PublishAsync(TestHandler.Topic, body);
        await host.AdvanceUntilAsync(() => calls.Count == 2, stop: Stop);
        await host.WaitUntilCommittedAsync(Stop);
        Assert.Equal(["a b", "a b"], calls);
        Assert.Equal((1, 0), (host.Status.Handlers.Single().Restarts, host.Status.Handlers.Single().Counts.Failed));
    }

    [Fact]
    public async Task A_handler_that_always_asks_does_so_after_ever_longer_pauses_which_begin_anew_when_it_has_run_for_a_minute()
    {
        asks = int.MaxValue;
        var joined = new List<DateTimeOffset>();
        HandlersTestHost? host = null;
        await using var made = host = await StartAsync(hooks: new Hooked { Subscribing = _ => joined.Add(host?.Clock.GetUtcNow() ?? DateTimeOffset.MinValue) });
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.AdvanceUntilAsync(() => Pauses().Count == 8, TimeSpan.FromSeconds(1), Stop);
        Assert.Equal([1, 2, 4, 8, 16, 30, 30, 30], Pauses());
        Assert.All(joined.Skip(2).Zip(joined.Skip(1), static (next, before) => next - before).Zip(Pauses().Skip(1)), static p => Assert.True(p.First >= TimeSpan.FromSeconds(p.Second)));

        Interlocked.Exchange(ref asks, 0);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 1, TimeSpan.FromSeconds(1), Stop);
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Interlocked.Exchange(ref asks, int.MaxValue);
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.AdvanceUntilAsync(() => Pauses().Count == 10, stop: Stop);
        Assert.Equal([1, 2], Pauses().Skip(8));
    }

    [Fact]
    public async Task Pauses_and_limits_outlive_a_restart()
    {
        await using var host = await StartAsync(s => s with { Ordering = Ordering.None, Concurrency = 5 }, partitions: 2);
        var control = host.Services.GetRequiredService<HandlersControl>();
        control.Pause(TestHandler.Name, "0");
        control.SetConcurrency(TestHandler.Name, 1);
        foreach (var body in (string[])["held", "again"]) await host.PublishAsync(TestHandler.Topic, body); // to each lane in turn
        await host.WaitUntilAsync(() => Pauses().Count == 1, Stop);
        control.Resume(TestHandler.Name);
        control.Pause(TestHandler.Name, "1"); // between the two
        await host.AdvanceUntilAsync(() => calls.Contains("held") && host.Status.Handlers.Single().Lanes.Count == 2, stop: Stop);
        Assert.True(control.IsPaused(TestHandler.Name, "1"));
        Assert.Equal(PauseReasons.Asked, host.Status.Handlers.Single().Lanes.Single(l => l.Id.Partition == "1").Paused);
        Assert.Equal(1, host.Services.GetRequiredService<HandlersRuntime>().Subscriptions.Single().Topics[0].Queue.Concurrency);
        Assert.Equal(["again", "held"], calls);
        control.Resume(TestHandler.Name);
        await host.WaitUntilAsync(() => calls.Count == 3, Stop);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_the_pause_before_a_restart()
    {
        var host = await StartAsync();
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.WaitUntilAsync(() => Pauses().Count == 1, Stop);
        var stopping = host.StopAsync(Stop);
        await Waiting.UntilAsync(() => stopping.IsCompleted); // without any time passing
        await stopping;
        Assert.Empty(host.Status.Failures);
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_transport_that_is_away_for_a_moment_is_asked_again()
    {
        var subscribed = 0;
        await using var host = await StartAsync(hooks: new Hooked { Subscribing = _ => ThrowIf(Interlocked.Increment(ref subscribed) is 2 or 3, isTransient: true) });
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 1, stop: Stop);
        Assert.Equal((4, 1), (subscribed, host.Status.Handlers.Single().Restarts));
        Assert.Empty(host.Status.Failures);
    }

    [Fact]
    public async Task A_group_that_cannot_be_joined_any_more_is_a_failure()
    {
        var subscribed = 0;
        await using var host = await StartAsync(hooks: new Hooked { Subscribing = _ => ThrowIf(Interlocked.Increment(ref subscribed) == 2, isTransient: false) });
        await host.PublishAsync(TestHandler.Topic, "again");
        await Waiting.UntilAsync(() =>
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            return host.Status.Failures.Count > 0;
        });
        Assert.Equal("the broker is away", host.Status.Failures.Single().Message);
    }

    /// <summary>In seconds, as the log tells them when a subscription has ended and before the next begins.</summary>
    private List<double> Pauses()
    {
        lock (logs) return [.. logs.Where(static l => l.Contains(" begins again in ", StringComparison.Ordinal)).Select(static l => TimeSpan.Parse(l.Split(" begins again in ")[1].Split(',')[0], CultureInfo.InvariantCulture).TotalSeconds)];
    }

    private static void ThrowIf(bool away, bool isTransient)
    {
        if (away) throw new TransportException("the broker is away") { IsTransient = isTransient };
    }

    private Task<HandlersTestHost> StartAsync(Func<HandlerSettings, HandlerSettings>? settings = null, int partitions = 1, Func<string, Task>? handling = null, Hooked? hooks = null) => HandlersTestHost.StartAsync(
        s => HandlersBuilder.For(s).Add(TestHandler.Of(
            async (body, _, _) =>
            {
                calls.Enqueue(body);
                if (handling is not null) await handling(body);
                if (body == "again" && Interlocked.Decrement(ref asks) >= 0) throw new RestartProcessingException("once more");
            },
            settings: settings)),
        partitions: partitions, logging: l => l.AddProvider(new Recording(logs)), transport: (hooks ?? new Hooked()).Around, stop: Stop);
}
