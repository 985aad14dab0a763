using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Polly;
using Polly.Retry;

namespace Handlers.Tests;

public sealed class RetryTests
{
    private readonly ConcurrentQueue<(string Body, DateTimeOffset At)> calls = new();
    private HandlersTestHost? started;

    [Fact]
    public async Task A_failed_call_is_made_again_with_pauses_and_its_lane_waits()
    {
        var logs = new List<string>();
        await using var host = await StartAsync(
            new RetrySettings { Attempts = 4, Delay = TimeSpan.FromSeconds(1), Jitter = false }, failures: 3, services: s => s.AddLogging(l => l.AddProvider(new Recording(logs))));
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.PublishAsync(TestHandler.Topic, "after");
        await host.AdvanceUntilAsync(() => calls.Count == 5, stop: TestContext.Current.CancellationToken);

        Assert.Equal(["bad", "bad", "bad", "bad", "after"], calls.Select(c => c.Body));
        var pauses = calls.Zip(calls.Skip(1), (a, b) => (b.At - a.At).TotalSeconds).ToArray();
        // Time goes on by itself here: on a slow machine it is further when the next call begins, never less far.
        Assert.True(pauses[0] >= 1 && pauses[1] >= 2 && pauses[2] >= 4, string.Join(", ", pauses));
        lock (logs) Assert.Equal(["00:00:01", "00:00:02", "00:00:04"], logs.Where(l => l.Contains("again after ", StringComparison.Ordinal)).Select(l => l[^8..]));
        await host.WaitUntilCommittedAsync(TestContext.Current.CancellationToken);
        Assert.Equal(3, host.Status.Handlers.Single().Counts.Retried);
        Assert.Equal(2, host.Status.Handlers.Single().Counts.Handled);
    }

    [Fact]
    public async Task After_the_last_attempt_the_failure_counts()
    {
        await using var host = await StartAsync(new RetrySettings { Attempts = 3 }, failures: 99, s => s with { OnFailure = FailedHandler.Skip });
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, stop: TestContext.Current.CancellationToken);
        Assert.Equal(3, calls.Count);
        Assert.Equal(OutcomeKind.Skipped, host.Outcomes.Single().Kind);
        Assert.Equal(1, host.Status.Handlers.Single().Counts.Failed);
    }

    [Theory]
    [InlineData(typeof(TimeoutException), null, 1)]
    [InlineData(typeof(InvalidOperationException), null, 3)]
    [InlineData(typeof(Exception), typeof(InvalidOperationException), 1)]
    public async Task Exceptions_are_tried_again_by_their_type(Type on, Type? except, int expected)
    {
        var retry = new RetrySettings { Attempts = 3, On = [on], Except = except is null ? [] : [except] };
        await using var host = await StartAsync(retry, failures: 99, s => s with { OnFailure = FailedHandler.Skip });
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, stop: TestContext.Current.CancellationToken);
        Assert.Equal(expected, calls.Count);
    }

    [Fact]
    public async Task An_invalid_message_is_not_tried_again()
    {
        await using var host = await StartAsync(new RetrySettings(), failures: 0);
        await host.PublishAsync(new OutgoingMessage { Topic = TestHandler.Topic, Body = new byte[] { 0xFF } });
        await host.WaitUntilHandledAsync(TestContext.Current.CancellationToken);
        Assert.Empty(calls);
    }

    [Fact]
    public async Task With_order_by_key_only_the_key_waits_and_its_place_is_another_messages()
    {
        await using var host = await StartAsync(new RetrySettings { Attempts = 2, Delay = TimeSpan.FromMinutes(1), MaxDelay = TimeSpan.FromMinutes(1), Jitter = false }, failures: 1, s => s with { Ordering = Ordering.Key, Concurrency = 1 });
        await host.PublishAsync(TestHandler.Topic, "bad", "a");
        await host.PublishAsync(TestHandler.Topic, "later", "a");
        await host.PublishAsync(TestHandler.Topic, "other", "b");
        await host.WaitUntilAsync(() => calls.Any(c => c.Body == "other"), TestContext.Current.CancellationToken);
        Assert.DoesNotContain("later", calls.Select(c => c.Body));

        await host.AdvanceUntilAsync(() => calls.Count == 4, TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        Assert.Equal(["bad", "other", "bad", "later"], calls.Select(c => c.Body));
    }

    [Fact]
    public async Task A_stop_cuts_a_pause_short_and_the_message_stays_uncommitted()
    {
        var host = await StartAsync(new RetrySettings { Attempts = 5, Delay = TimeSpan.FromHours(1), MaxDelay = TimeSpan.FromHours(1) }, failures: 99, s => s with { OnFailure = FailedHandler.Skip });
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilAsync(() => calls.Count == 2, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken); // time stands still: the pause itself does not end
        Assert.Equal(new Position(0), host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        Assert.Equal([OutcomeKind.Handled], host.Outcomes.Select(o => o.Kind));
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_pipeline_is_named_in_configuration()
    {
        await using var host = await StartAsync(new RetrySettings { Pipeline = "patient" }, failures: 99, s => s with { OnFailure = FailedHandler.Skip },
            configuration: [KeyValuePair.Create("Handlers:Pipelines:patient:Attempts", (string?)"6"), KeyValuePair.Create("Handlers:Pipelines:patient:Delay", (string?)"10ms")]);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, stop: TestContext.Current.CancellationToken);
        Assert.Equal(6, calls.Count);
    }

    [Fact]
    public async Task A_pipeline_of_the_applications_own_is_used_as_it_is()
    {
        await using var host = await StartAsync(new RetrySettings { Pipeline = "own" }, failures: 99, s => s with { OnFailure = FailedHandler.Skip },
            services: s => HandlersBuilder.For(s).AddPipeline("own", p => p.AddRetry(new RetryStrategyOptions { MaxRetryAttempts = 1, Delay = TimeSpan.Zero })));
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 1, stop: TestContext.Current.CancellationToken);
        Assert.Equal(2, calls.Count);
    }

    [Fact]
    public async Task A_pipeline_that_is_not_there_is_an_error_at_start()
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(() => StartAsync(new RetrySettings { Pipeline = "patent" }, 0,
            configuration: [KeyValuePair.Create("Handlers:Pipelines:patient:Attempts", (string?)"6")]));
        Assert.Contains("retries by pipeline 'patent', which there is not", error.Message, StringComparison.Ordinal);
        Assert.Contains("Did you mean 'patient'?", error.Message, StringComparison.Ordinal);
    }

    private async Task<HandlersTestHost> StartAsync(
        RetrySettings retry, int failures, Func<HandlerSettings, HandlerSettings>? settings = null,
        IEnumerable<KeyValuePair<string, string?>>? configuration = null, Action<IServiceCollection>? services = null)
    {
        var left = failures;
        return started = await TestHandler.StartAsync(
            TestHandler.Of((body, _, _) =>
            {
                calls.Enqueue((body, started!.Clock.GetUtcNow()));
                return body == "bad" && left-- > 0 ? throw new InvalidOperationException("no") : default;
            }, settings: s => (settings ?? (x => x))(s with { Retry = retry })),
            configuration: configuration, services: services);
    }
}
