using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

/// <summary>Connected is not consuming. What is stuck is in <see cref="StuckTests"/>.</summary>
public sealed class HealthTests
{
    [Fact]
    public async Task A_transport_that_has_not_polled_for_too_long_is_unhealthy_and_its_group_is_named()
    {
        TimeSpan? age = null;
        var hooks = new Hooked { State = () => new SubscriptionState(age) };
        await using var host = await TestHandler.StartAsync(hooks, handlers: TestHandler.Of((_, _, _) => default));
        Assert.False((await CheckAsync(host.Services)).Data.ContainsKey("Things.OnThing.poll_age"));
        age = TimeSpan.FromSeconds(59);
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host.Services)).Status);
        age = TimeSpan.FromSeconds(61);
        var report = await CheckAsync(host.Services);
        Assert.Equal(HealthStatus.Unhealthy, report.Status);
        Assert.Equal("The transport has not polled for group 'test' of handler 'Things.OnThing' for 61 s: its lanes will be another's, or are already.", report.Description);
        Assert.Equal(61.0, report.Data["Things.OnThing.poll_age"]);
        Assert.Equal(age, host.Status.Handlers.Single().PollAge);
        age = TimeSpan.Zero;
        Assert.Equal(HealthStatus.Healthy, (await CheckAsync(host.Services)).Status);
    }

    [Fact]
    public async Task A_member_without_lanes_is_healthy_and_says_for_how_long_it_has_none()
    {
        var stop = TestContext.Current.CancellationToken;
        var clock = new FakeClock();
        var broker = new InMemoryBroker(clock) { Partitions = 1 };
        await using var rival = new InMemoryTransport(broker);
        await using var member = await rival.SubscribeAsync(
            new SubscriptionRequest { Group = TestHandler.Group, Topics = [new(TestHandler.Topic, StartPosition.Earliest, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) }, stop);
        await using var lanes = member.LanesAsync(stop).GetAsyncEnumerator(stop);
        Assert.True(await lanes.MoveNextAsync()); // the only one

        var builder = Microsoft.Extensions.Hosting.Host.CreateEmptyApplicationBuilder(new() { ApplicationName = TestHandler.Group });
        builder.Services.AddSingleton<TimeProvider>(clock).AddLogging().AddHealthChecks().AddStreamHandlers();
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        HandlersBuilder.For(builder.Services).Add(TestHandler.Of((_, _, _) => default)).UseInMemory(broker);
        using var host = builder.Build();
        await host.StartAsync(stop);
        var status = host.Services.GetRequiredService<HandlersStatus>();
        clock.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(TimeSpan.FromMinutes(5), status.Handlers.Single().WithoutLanes);
        var report = await CheckAsync(host.Services);
        Assert.Equal((HealthStatus.Healthy, 0, 300.0), (report.Status, report.Data["Things.OnThing.lanes"], report.Data["Things.OnThing.without_lanes"]));

        await lanes.Current.ReleaseAsync(LaneEnd.Stopped);
        await member.DisposeAsync();
        while (status.Handlers.Single().Lanes.Count == 0) await Task.Delay(5, stop);
        Assert.Null(status.Handlers.Single().WithoutLanes);
        report = await CheckAsync(host.Services);
        Assert.Equal(1, report.Data["Things.OnThing.lanes"]);
        Assert.False(report.Data.ContainsKey("Things.OnThing.without_lanes"));
        await host.StopAsync(stop);
    }

    private static async Task<HealthReportEntry> CheckAsync(IServiceProvider services) =>
        (await services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Entries.Single().Value;
}
