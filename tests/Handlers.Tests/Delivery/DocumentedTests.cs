using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Tests;

/// <summary>The examples of docs/delivery.md, as they stand there.</summary>
public sealed class DocumentedTests
{
    [Fact]
    public async Task A_hook_after_success()
    {
        var done = new ConcurrentQueue<string>();
        await using var host = await HandlersTestHost.StartAsync(
            services => HandlersBuilder.For(services)
                .Add(TestHandler.Of((body, _, _) => body == "bad" ? throw new InvalidOperationException() : default, settings: s => s with { OnFailure = FailedHandler.Skip }))
                .Use(lane => new AfterSuccess((message, payload) => done.Enqueue($"{message.Id} {payload}"))),
            partitions: 1, stop: TestContext.Current.CancellationToken);
        foreach (var body in new[] { "a", "bad", "b" }) await host.PublishAsync(TestHandler.Topic, body);
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Equal(["things/0@0 a", "things/0@2 b"], done);
    }

    [Fact]
    public async Task A_health_check_of_ones_own()
    {
        await using var host = await HandlersTestHost.StartAsync(
            services =>
            {
                HandlersBuilder.For(services).Add(TestHandler.Of((_, _, _) => default));
                services.AddLogging().AddHealthChecks().AddStreamHandlers().AddCheck<HasLanes>("has-lanes");
            },
            partitions: 1, stop: TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, TestContext.Current.CancellationToken);
        var health = host.Services.GetRequiredService<HealthCheckService>();
        Assert.Equal(HealthStatus.Healthy, (await health.CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
        await host.StopAsync(TestContext.Current.CancellationToken);
        host.Clock.Advance(TimeSpan.FromMinutes(6));
        var report = await health.CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal((HealthStatus.Degraded, HealthStatus.Healthy), (report.Entries["has-lanes"].Status, report.Entries["stream-handlers"].Status));
        Assert.Equal("Things.OnThing has had no lane for 00:06:00.", report.Entries["has-lanes"].Description);
    }

    private sealed class AfterSuccess(Action<MessageContext, object?> act) : IHandlerMiddleware
    {
        public async ValueTask InvokeAsync(MiddlewareCall call, NextStep next, CancellationToken stop)
        {
            await next(stop);
            act(call.Context, call.Payload);
        }
    }

    private sealed class HasLanes(HandlersStatus status) : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken stop = default) => Task.FromResult(
            status.Handlers.FirstOrDefault(h => h.WithoutLanes > TimeSpan.FromMinutes(5)) is { } idle
                ? HealthCheckResult.Degraded($"{idle.Name} has had no lane for {idle.WithoutLanes}.")
                : HealthCheckResult.Healthy());
    }
}
