using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Polly;
using Polly.CircuitBreaker;

namespace Handlers.Tests;

/// <summary>Failures of the less ordinary kind.</summary>
public sealed class FailureTests
{
    private const string Name = "Things.OnThing";

    private readonly ConcurrentQueue<string> calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_exception_without_a_message_is_dead_lettered_too()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => throw new Mute(), settings: s => s with { DeadLetter = "things.dead" }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilCommittedAsync(Stop);
        Assert.Single(host.Broker.Messages("things.dead"));
    }

    [Fact]
    public async Task A_letter_that_cannot_even_be_written_ends_the_subscription_and_is_not_waited_for_in_silence()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => throw new Mute { Throws = true }, settings: s => s with { DeadLetter = "things.dead" }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await Waiting.UntilAsync(() => host.Status.Failures is [NotSupportedException]);
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task A_call_that_a_stop_cut_short_is_no_failure_whatever_it_throws()
    {
        await using var host = await StartAsync(
            TestHandler.Of(
                async (body, _, stop) =>
                {
                    calls.Enqueue(body);
                    await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw new InvalidOperationException("Operation cancelled by user."); // as database clients do
                },
                settings: s => s with { OnFailure = FailedHandler.Skip }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => calls.Count == 1, Stop);
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await stopping;
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
    }

    [Fact]
    public async Task A_handler_that_asks_to_stop_is_neither_retried_nor_dead_lettered_and_its_message_comes_again()
    {
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(TestHandler.Of(
                (body, _, _) =>
                {
                    calls.Enqueue(body);
                    return body == "stop" ? throw new StopProcessingException("that is enough") : default;
                },
                settings: x => x with { DeadLetter = "things.dead", Retry = new RetrySettings { Attempts = 3 } })),
            partitions: 1, stop: Stop);
        foreach (var body in (string[])["a", "stop", "c"]) await host.PublishAsync(TestHandler.Topic, body);
        await Waiting.UntilAsync(() => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested);
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await stopping;
        Assert.Equal(["a", "stop"], calls);
        Assert.Equal(1, host.Committed(TestHandler.Group, TestHandler.Topic));
        Assert.Empty(host.Status.Failures);
        Assert.Empty(host.Broker.Messages("things.dead"));
        Assert.Equal(0, host.Status.Handlers[0].Counts.Failed);
    }

    [Theory]
    [InlineData(Ordering.Lane)]
    [InlineData(Ordering.Key)]
    public async Task A_handler_that_asks_to_stop_when_it_is_called_again_is_not_called_once_more(Ordering ordering)
    {
        await using var host = await StartAsync(
            TestHandler.Of(
                (body, _, _) =>
                {
                    calls.Enqueue(body);
                    throw calls.Count == 1 ? new TimeoutException() : calls.Count == 2 ? new StopProcessingException("that is enough") : new InvalidOperationException("never");
                },
                settings: s => s with { Ordering = ordering, Retry = new RetrySettings { Attempts = 5, Delay = TimeSpan.FromSeconds(1) } }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a", "k");
        await host.AdvanceUntilAsync(() => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping.IsCancellationRequested, TimeSpan.FromSeconds(1), Stop);
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await stopping;
        Assert.Equal(["a", "a"], calls);
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        Assert.Empty(host.Status.Failures);
    }

    [Fact]
    public async Task A_message_that_ends_its_subscription_is_not_called_again_by_a_lane_that_comes_straight_back()
    {
        var (ended, again) = (new TaskCompletionSource(), new TaskCompletionSource());
        await using var host = await StartAsync(
            TestHandler.Of((body, _, _) =>
            {
                calls.Enqueue(body);
                if (calls.Count > 1) again.TrySetResult();
                throw new InvalidOperationException("no");
            }),
            new Hooked { LanesEnded = () => ended.TrySetResult(), Released = () => Task.WhenAny(ended.Task, again.Task) });
        await host.PublishAsync(TestHandler.Topic, "a");
        await Waiting.UntilAsync(() => host.Status.Failures.Count == 1);
        Assert.Single(calls);
    }

    [Fact]
    public async Task A_pipeline_that_refuses_to_call_does_not_hide_the_first_call()
    {
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(TestHandler.Of((_, _, _) => throw new InvalidOperationException("no"), settings: x => x with { DeadLetter = "things.dead", Retry = new RetrySettings { Pipeline = "breaks" } }))
                .AddPipeline("breaks", p => p.AddCircuitBreaker(new CircuitBreakerStrategyOptions { ManualControl = new CircuitBreakerManualControl(isIsolated: true) })),
            partitions: 1, stop: Stop);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.AdvanceUntilAsync(() => host.Broker.Messages("things.dead").Count == 1, stop: Stop);
        Assert.Equal("1", host.Broker.Messages("things.dead").Single().Headers.Text(DeadLetterHeaders.Attempts));
    }

    [Fact]
    public async Task Retry_topics_wait_once_for_messages_of_a_clock_that_is_ahead()
    {
        await using var host = await StartAsync(Recorded(s => s with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(5)], DeadLetter = "things.dead" }), new Hooked());
        var ahead = host.Clock.GetUtcNow() + TimeSpan.FromDays(1);
        for (var i = 0; i < 10; i++) await host.PublishAsync(new OutgoingMessage { Topic = "things.test.retry.5s", Body = OutgoingMessage.Utf8($"m{i}"), Timestamp = ahead });
        var began = host.Clock.GetUtcNow();
        await host.AdvanceUntilAsync(() => calls.Count == 10, TimeSpan.FromSeconds(1), Stop);
        Assert.InRange((host.Clock.GetUtcNow() - began).TotalSeconds, 4, 15);
    }

    [Fact]
    public async Task A_time_at_the_end_of_the_calendar_in_a_retry_topic_does_not_end_the_subscription()
    {
        await using var host = await StartAsync(Recorded(s => s with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(5)] }), new Hooked());
        await host.PublishAsync(new OutgoingMessage { Topic = "things.test.retry.5s", Body = OutgoingMessage.Utf8("a"), Timestamp = DateTimeOffset.MaxValue });
        await host.AdvanceUntilAsync(() => calls.Count == 1, TimeSpan.FromSeconds(1), Stop);
    }

    [Fact]
    public async Task A_stop_does_not_wait_for_a_paused_lane()
    {
        var host = await StartAsync(Recorded(s => s with { Commit = Commit.OnRead, Ordering = Ordering.None, Concurrency = 1 }), new Hooked());
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        host.Services.GetRequiredService<HandlersControl>().Pause(Name);
        var stopping = host.StopAsync(Stop);
        await Waiting.UntilAsync(() => stopping.IsCompleted); // without any time passing
        await host.DisposeAsync();
    }

    [Fact]
    public async Task A_publisher_that_ignores_its_token_does_not_hold_a_stop_beyond_its_budget()
    {
        var hang = new TaskCompletionSource();
        var hooks = new Hooked { Publishing = (m, _) => m.Topic == "things.dead" ? new ValueTask(hang.Task) : default };
        var host = await StartAsync(TestHandler.Of((_, _, _) => throw new InvalidOperationException("no"), settings: s => s with { DeadLetter = "things.dead" }), hooks);
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: 1 }], Stop);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Paused: PauseReasons.CannotPublish }], TimeSpan.FromSeconds(1), Stop);
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await stopping;
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        await host.DisposeAsync();
    }

    private HandlerRegistration Recorded(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of(
        (body, _, _) =>
        {
            calls.Enqueue(body);
            return default;
        }, settings: settings);

    private static Task<HandlersTestHost> StartAsync(HandlerRegistration handler, Hooked hooks, int partitions = 1) => HandlersTestHost.StartAsync(
        s =>
        {
            HandlersBuilder.For(s).Add(handler);
            s.AddLogging().AddHealthChecks().AddStreamHandlers();
        }, partitions: partitions, transport: hooks.Around, stop: Stop);

    [SuppressMessage("Design", "CA1032", Justification = "A test's.")]
    [SuppressMessage("Design", "CA1064", Justification = "A test's.")]
    private sealed class Mute : Exception
    {
        public bool Throws { get; init; }

        public override string Message => Throws ? throw new NotSupportedException("It says nothing.") : null!;
    }
}
