using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

/// <summary>The lights over handlers that run, by a clock that is advanced. In real time they are in the transports' own tests.</summary>
public sealed class LightsTests
{
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Hooked hooks = new();
    private readonly TaskCompletionSource letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_broker_that_is_away_is_red_for_ready_alone_once_the_process_has_come_up()
    {
        var pings = 0;
        hooks.Pinging = _ =>
        {
            pings++;
            return default;
        };
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default));
        await BecomesAsync(host, HealthLight.Startup, LightColor.Green);
        await LookAsync(host, HealthLight.Ready);
        var asked = pings;
        await Task.WhenAll(Enumerable.Range(0, 5).Select(_ => LookAsync(host, HealthLight.Ready)));
        Assert.Equal(asked, pings); // the answer is good for 2 s, however many ask

        host.Broker.IsAway = true;
        host.Clock.Advance(2 * Second);
        var red = await LookAsync(host, HealthLight.Ready);
        Assert.Equal((LightColor.Red, "broker-away"), (red.Color, Assert.Single(red.Troubles).Kind));
        Assert.Equal("The broker of group 'test' does not answer: The broker in memory is away. Set InMemoryBroker.IsAway to false to have it back.", red.Troubles[0].Text);
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Live)).Color);
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Startup)).Color);

        host.Broker.IsAway = false;
        host.Clock.Advance(2 * Second);
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Ready)).Color);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(Stop);
    }

    [Fact]
    public async Task A_ping_that_hangs_is_red_after_three_seconds_and_no_other_begins_meanwhile()
    {
        var pings = 0;
        hooks.Pinging = _ => // deaf to its token, as a call of a native client may be
        {
            pings++;
            return new ValueTask(letGo.Task);
        };
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default));
        var looking = LookAsync(host, HealthLight.Ready);
        host.Clock.Advance(3 * Second);
        Assert.Equal("The broker of group 'test' does not answer: There was no answer within 3 s.", Assert.Single((await looking).Troubles).Text);
        host.Clock.Advance(2 * Second);
        Assert.Equal(LightColor.Red, (await LookAsync(host, HealthLight.Ready)).Color);
        Assert.Equal(1, pings);
        letGo.SetResult();
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);
    }

    [Fact]
    public async Task A_handler_that_hangs_is_red_for_ready_and_much_later_for_live_and_the_lane_that_waits_for_it_is_starved()
    {
        await using var host = await StartAsync(TestHandler.Of((body, _, _) => body == "hang" ? new ValueTask(letGo.Task) : default,
            settings: s => s with { Ordering = Ordering.None, Concurrency = 1 }), partitions: 2);
        await host.PublishAsync(TestHandler.Topic, "hang");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Any(static l => l.InFlight == 1), Stop);
        for (var i = 0; i < 4; i++) await host.PublishAsync(TestHandler.Topic, "behind");
        var red = await BecomesAsync(host, HealthLight.Ready, LightColor.Red, static l => l.Troubles.Count == 2);
        Assert.Equal(["hung", "starved"], red.Troubles.Select(static t => t.Kind));
        Assert.Equal(["things/0", "things/1"], red.Troubles.Select(static t => t.Lane.ToString()).Order());
        Assert.Equal(new Position(0), red.Troubles[0].Position);
        Assert.InRange(red.Troubles[0].Age!.Value.TotalSeconds, 5, 8);
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Live)).Color);
        Assert.Equal(["hung"], (await BecomesAsync(host, HealthLight.Live, LightColor.Red)).Troubles.Select(static t => t.Kind));

        letGo.SetResult();
        await host.WaitUntilHandledAsync(Stop);
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);
        await BecomesAsync(host, HealthLight.Live, LightColor.Green);
    }

    /// <summary>The markers of transactions, and what compaction took, leave a lag at a lane's end that nobody ever reads.</summary>
    [Fact]
    public async Task A_lag_that_stays_is_no_work_and_one_that_grows_while_nothing_is_read_is()
    {
        var lag = 5L;
        hooks.LaneState = s => s with { LagMessages = Volatile.Read(ref lag) };
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default));
        await AdvanceAsync(host, 20);
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Ready)).Color);
        Volatile.Write(ref lag, 6);
        var starved = Assert.Single((await BecomesAsync(host, HealthLight.Ready, LightColor.Red)).Troubles);
        Assert.Equal("starved", starved.Kind);
        Assert.StartsWith("Handler 'Things.OnThing' does not get to lane things/0: 6 messages are behind what was read, and none has begun for ", starved.Text, StringComparison.Ordinal);
        await host.PublishAsync(TestHandler.Topic, "a"); // it reads again
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);
    }

    [Fact]
    public async Task A_pause_is_yellow_and_starves_nothing()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default));
        host.Services.GetRequiredService<HandlersControl>().Pause(TestHandler.Name);
        await host.PublishAsync(TestHandler.Topic, "a");
        await AdvanceAsync(host, 20);
        var yellow = await LookAsync(host, HealthLight.Ready);
        Assert.Equal((LightColor.Yellow, "paused"), (yellow.Color, Assert.Single(yellow.Troubles).Kind));
        Assert.Equal("Handler 'Things.OnThing' is paused in 1 of its 1 lanes, as somebody asked for.", yellow.Troubles[0].Text);
        host.Services.GetRequiredService<HandlersControl>().Resume(TestHandler.Name);
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);
    }

    [Fact]
    public async Task A_message_that_waits_for_its_time_in_a_retry_topic_starves_nothing()
    {
        await using var host = await StartAsync(TestHandler.Of((_, context, _) => context.FirstId is null ? throw new InvalidOperationException("later") : default,
            settings: s => s with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(30)], DeadLetter = "things.dead" }));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.PublishAsync(TestHandler.Topic, "b");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Counts.Deferred == 2, Stop);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Any(static l => l is { Uncommitted: > 0, Oldest: null }), Stop); // the loop has seen when it is due
        for (var i = 0; i < 25; i++)
        {
            await AdvanceAsync(host, 1);
            var light = await LookAsync(host, HealthLight.Ready);
            Assert.True(light.Color == LightColor.Green, string.Join(" ", light.Troubles.Select(static t => t.Text)));
        }

        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 2, Second, Stop);
    }

    [Fact]
    public async Task Letters_that_cannot_be_published_and_commits_that_fail_show_until_they_succeed()
    {
        var fails = true;
        hooks.Publishing = (m, _) => fails && m.Topic == "things.dead" ? throw new TransportException("away") { IsTransient = true } : default;
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => throw new InvalidOperationException("bad"), settings: s => s with { DeadLetter = "things.dead" }));
        await host.PublishAsync(TestHandler.Topic, "a");
        var red = await BecomesAsync(host, HealthLight.Ready, LightColor.Red);
        Assert.Equal(("cannot-publish", new Position(0)), (red.Troubles[0].Kind, red.Troubles[0].Position));
        Assert.Equal(1, host.Status.Handlers.Single().Lanes.Single().InFlight); // it has no outcome until its letter is there
        hooks.Flushing = _ => fails ? throw new TransportException("away") { IsTransient = true } : default;
        fails = false;
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);

        fails = true;
        hooks.Publishing = null;
        await host.PublishAsync(TestHandler.Topic, "b");
        await BecomesAsync(host, HealthLight.Ready, LightColor.Yellow, static l => l.Troubles.Single().Kind == "commit-failing");
        fails = false;
        await BecomesAsync(host, HealthLight.Ready, LightColor.Green);
        await host.WaitUntilCommittedAsync(Stop);
    }

    [Fact]
    public async Task As_health_checks_red_fails_and_yellow_is_degraded()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default));
        await BecomesAsync(host, HealthLight.Startup, LightColor.Green);
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var report = await health.CheckHealthAsync(Stop);
        Assert.Equal(["stream-handlers-live", "stream-handlers-ready", "stream-handlers-startup"], report.Entries.Keys.Order());
        Assert.All(report.Entries.Values, static e => Assert.Equal(HealthStatus.Healthy, e.Status));
        Assert.Equal(["ready"], report.Entries["stream-handlers-ready"].Tags);

        host.Services.GetRequiredService<HandlersControl>().Pause(TestHandler.Name);
        Assert.Equal(HealthStatus.Degraded, (await health.CheckHealthAsync(Stop)).Entries["stream-handlers-ready"].Status);
        host.Broker.IsAway = true;
        host.Clock.Advance(2 * Second);
        var ready = (await health.CheckHealthAsync(Stop)).Entries["stream-handlers-ready"];
        Assert.Equal(HealthStatus.Unhealthy, ready.Status);
        Assert.StartsWith("The broker of group 'test' does not answer: ", ready.Description, StringComparison.Ordinal);
        Assert.EndsWith("as somebody asked for.", ready.Description, StringComparison.Ordinal);
        Assert.Equal(1, ready.Data["Things.OnThing.lanes"]);
    }

    [Fact]
    public async Task A_process_that_has_not_started_or_is_stopping_is_not_ready()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => new ValueTask(letGo.Task)));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ InFlight: 1 }], Stop);
        var stopping = host.StopAsync(Stop);
        Assert.Equal(["stopping"], (await LookAsync(host, HealthLight.Ready)).Troubles.Select(static t => t.Kind));
        Assert.Equal(LightColor.Green, (await LookAsync(host, HealthLight.Live)).Color); // it drains
        letGo.SetResult();
        await stopping;

        using var never = new ScriptedTransport().Build(TestHandler.Of((_, _, _) => default));
        Assert.Equal(["starting"], (await never.Services.GetRequiredService<HandlersLights>().LookAsync(HealthLight.Startup, Stop)).Troubles.Select(static t => t.Kind));
    }

    private async Task<HandlersTestHost> StartAsync(HandlerRegistration handler, int partitions = 1)
    {
        var host = await HandlersTestHost.StartAsync(
            s =>
            {
                HandlersBuilder.For(s).Add(handler);
                s.AddLogging().AddHealthChecks().AddStreamHandlers(HealthLight.Startup).AddStreamHandlers(HealthLight.Ready).AddStreamHandlers(HealthLight.Live);
            },
            [new("Handlers:StuckAfter", "5s")], partitions, transport: hooks.Around, stop: Stop);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single() is { HadLanes: true } h && h.Lanes.Count >= partitions && h.WatchAge == TimeSpan.Zero, Stop);
        return host;
    }

    private static Task<LightStatus> LookAsync(HandlersTestHost host, HealthLight light) => host.Services.GetRequiredService<HandlersLights>().LookAsync(light, Stop).AsTask();

    /// <summary>Lets time pass second by second, and the watch look at each.</summary>
    private static async Task AdvanceAsync(HandlersTestHost host, int seconds)
    {
        for (var i = 0; i < seconds; i++)
        {
            host.Clock.Advance(Second);
            await host.WaitUntilAsync(() => host.Status.Handlers.All(static h => h.WatchAge < Second), Stop);
        }
    }

    private static async Task<LightStatus> BecomesAsync(HandlersTestHost host, HealthLight light, LightColor color, Func<LightStatus, bool>? also = null)
    {
        for (var i = 0; ; i++)
        {
            var seen = await LookAsync(host, light);
            if (seen.Color == color && also?.Invoke(seen) != false) return seen;
            Assert.True(i < 1000, $"{light} is {seen.Color}, not {color}: {string.Join(" ", seen.Troubles.Select(static t => t.Text))}");
            host.Clock.Advance(Second);
            await Task.Delay(5, Stop);
        }
    }
}
