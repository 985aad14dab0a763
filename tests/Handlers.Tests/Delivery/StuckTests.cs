using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;

namespace Handlers.Tests;

public sealed class StuckTests
{
    [Fact]
    public async Task A_message_without_an_outcome_for_too_long_is_logged_once_and_health_says_so_until_it_ends()
    {
        var hold = new TaskCompletionSource();
        var logs = new List<string>();
        await using var host = await HandlersTestHost.StartAsync(
            s =>
            {
                HandlersBuilder.For(s).Add(TestHandler.Of((body, _, stop) => body == "stuck" ? new ValueTask(hold.Task.WaitAsync(stop)) : default));
                s.AddHealthChecks().AddStreamHandlers();
            },
            partitions: 1, logging: l => l.AddProvider(new Recording(logs)), stop: TestContext.Current.CancellationToken);
        foreach (var body in new[] { "a", "stuck", "behind" }) await host.PublishAsync(TestHandler.Topic, body);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.TotalSeconds: > 90 }], TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);

        Assert.Equal(new Position(1), host.Status.Handlers.Single().Lanes.Single().Oldest);
        lock (logs) Assert.Single(logs, l => l.StartsWith("Things.OnThing is stuck at things/0 position 1: no outcome for", StringComparison.Ordinal));
        var health = await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Unhealthy, health.Status);
        Assert.Matches("^Handler 'Things.OnThing' is stuck at things/0 position 1 for 9[0-9] s\\.$", health.Entries.Single().Value.Description);

        hold.SetResult();
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.Ticks: 0 }], TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        Assert.Equal(HealthStatus.Healthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(TestContext.Current.CancellationToken)).Status);
    }

    [Fact]
    public async Task Lanes_pause_while_the_health_check_of_their_circuit_breaker_is_unhealthy()
    {
        var status = HealthStatus.Unhealthy;
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default, settings: s => s with { CircuitBreaker = "database" }),
            services: s => s.AddLogging().AddHealthChecks().AddCheck("database", () => new HealthCheckResult(status)));
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CircuitBreaker }], TestContext.Current.CancellationToken);
        await host.PublishAsync(TestHandler.Topic, "a");
        host.Clock.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(host.Outcomes);
        status = HealthStatus.Degraded;
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
        status = HealthStatus.Unhealthy;
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CircuitBreaker }], TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task No_message_is_handled_before_the_health_check_has_answered_once()
    {
        var answer = new TaskCompletionSource<HealthCheckResult>();
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default, settings: s => s with { CircuitBreaker = "database" }),
            services: s => s.AddLogging().AddHealthChecks().AddAsyncCheck("database", () => answer.Task));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CircuitBreaker }], TestContext.Current.CancellationToken);
        Assert.Empty(host.Outcomes);
        answer.SetResult(HealthCheckResult.Healthy());
        await host.WaitUntilAsync(() => host.Outcomes.Count == 1, TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_health_check_that_hangs_opens_its_circuit_and_holds_up_no_other_one()
    {
        var (hangs, status) = (new TaskCompletionSource<HealthCheckResult>(), HealthStatus.Healthy);
        await using var host = await HandlersTestHost.StartAsync(
            s =>
            {
                HandlersBuilder.For(s)
                    .Add(TestHandler.Of((_, _, _) => default, "Things.OnHung", x => x with { CircuitBreaker = "hung" }))
                    .Add(TestHandler.Of((_, _, _) => default, "Things.OnOther", x => x with { Topic = "others", CircuitBreaker = "other" }));
                s.AddLogging().AddHealthChecks().AddAsyncCheck("hung", () => hangs.Task).AddCheck("other", () => new HealthCheckResult(status));
            },
            partitions: 1, stop: TestContext.Current.CancellationToken);
        await Paused("Things.OnHung", PauseReasons.CircuitBreaker);
        await Paused("Things.OnOther", PauseReasons.None);
        status = HealthStatus.Unhealthy;
        await Paused("Things.OnOther", PauseReasons.CircuitBreaker);
        status = HealthStatus.Healthy;
        await Paused("Things.OnOther", PauseReasons.None);
        await Paused("Things.OnHung", PauseReasons.CircuitBreaker);
        hangs.SetResult(HealthCheckResult.Healthy());
        await Paused("Things.OnHung", PauseReasons.None);

        Task Paused(string handler, PauseReasons reasons) => host.AdvanceUntilAsync(
            () => host.Status.Handlers.Single(h => h.Name == handler).Lanes is [var lane] && lane.Paused == reasons, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_health_check_that_cannot_be_made_opens_its_circuit_until_it_can()
    {
        var isMissing = false;
        await using var host = await TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default, settings: s => s with { CircuitBreaker = "database" }),
            services: s => s.AddLogging().AddHealthChecks().Add(new HealthCheckRegistration(
                "database", _ => isMissing ? throw new InvalidOperationException("No service for the check.") : new Healthy(), failureStatus: null, tags: null)));
        await Paused(PauseReasons.None);
        isMissing = true;
        await Paused(PauseReasons.CircuitBreaker);
        isMissing = false;
        await Paused(PauseReasons.None);

        Task Paused(PauseReasons reasons) => host.AdvanceUntilAsync(
            () => host.Status.Handlers.Single().Lanes is [var lane] && lane.Paused == reasons, TimeSpan.FromSeconds(1), TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task A_circuit_breaker_that_names_no_health_check_is_an_error_at_start()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => TestHandler.StartAsync(
            TestHandler.Of((_, _, _) => default, settings: s => s with { CircuitBreaker = "databse" }),
            services: s => s.AddLogging().AddHealthChecks().AddCheck("database", () => HealthCheckResult.Healthy())));
        Assert.Contains("names health check 'databse' in its circuit breaker, which is not registered", error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'database'?", error.Message, StringComparison.Ordinal);
    }

    private sealed class Healthy : IHealthCheck
    {
        public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) => Task.FromResult(HealthCheckResult.Healthy());
    }
}
