using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Polly;
using Polly.CircuitBreaker;

namespace Handlers.Tests;

/// <summary>What a review of the delivery found.</summary>
public sealed class ReviewTests
{
    private const string Name = "Things.OnThing";

    private readonly ConcurrentQueue<string> calls = new();

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    // ---- Order ----

    [Fact]
    public async Task A_limit_lowered_below_what_runs_takes_no_slot_from_other_lanes()
    {
        var steps = new Held();
        var queue = new WorkQueue(10, Task.Run);
        var (busy, other) = (Of(queue, steps), Of(queue, steps));
        await busy.RunAsync(Batch(30), .., 0, CancellationToken.None);
        await Waiting.UntilAsync(() => steps.Begun.Count == 10);
        busy.Limit(2);
        await other.RunAsync(Batch(5), .., 100, CancellationToken.None);
        queue.Concurrency = 15;
        await Waiting.UntilAsync(() => steps.Begun.Count(t => t >= 100) == 5);
        Assert.Equal(15, queue.InUse);
        steps.Release();
        await busy.DrainAsync(CancellationToken.None);
        await other.DrainAsync(CancellationToken.None);
        await Waiting.UntilAsync(() => queue.InUse == 0);
    }

    [Fact]
    public async Task A_pause_that_begins_while_another_is_being_lifted_holds()
    {
        var steps = new Held();
        var pause = new LanePause();
        var order = Order.Of(new HandlerSettings { Topic = "t", Ordering = Ordering.None }, lists: false, new WorkQueue(10, Task.Run), steps, pause, TimeProvider.System, () => { });
        using var lifting = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        var tell = pause.Changed;
        pause.Changed = () =>
        {
            if (!pause.IsPaused && !lifting.IsSet)
            {
                lifting.Set();
                goOn.Wait();
            }

            tell();
        };
        pause.Set(PauseReasons.CannotPublish, true);
        var lift = Task.Run(() => pause.Set(PauseReasons.CannotPublish, false), Stop);
        lifting.Wait(Stop);
        pause.Set(PauseReasons.Asked, true);
        goOn.Set();
        await lift;
        Assert.True(pause.IsPaused);
        await order.RunAsync(Batch(1), .., 0, CancellationToken.None);
        await Task.Delay(50, Stop);
        Assert.Empty(steps.Begun);
        order.Close();
    }

    [Fact]
    public async Task A_list_whose_letter_cannot_be_published_leaves_its_place_to_the_lists_of_other_lanes()
    {
        var hooks = Away();
        await using var host = await StartAsync(List(call => call.Payloads[0] == "bad" ? throw new InvalidOperationException("no") : default, s => s with { Ordering = Ordering.None, Concurrency = 1, BatchSize = 1, DeadLetter = "things.dead" }), hooks, partitions: 2);
        await host.PublishAsync(TestHandler.Topic, "bad");
        await host.WaitUntilAsync(() => calls.Count == 1, Stop);
        await host.PublishAsync(TestHandler.Topic, "good");
        await host.AdvanceUntilAsync(() => calls.Contains("good"), stop: Stop);
        hooks.Publishing = null;
    }

    // ---- Rewind ----

    [Fact]
    public async Task Rewinds_at_the_same_time_never_end_the_lane()
    {
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default), new Hooked());
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        var control = host.Services.GetRequiredService<HandlersControl>();
        await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            for (var i = 0; i < 5000; i++) await control.RewindAsync(Name, StartPosition.Earliest, "0", Stop);
        }, Stop)));
    }

    [Fact]
    public async Task A_middleware_that_cannot_be_made_for_the_next_epoch_fails_the_rewind_and_says_so()
    {
        var made = 0;
        await using var host = await HandlersTestHost.StartAsync(
            s => HandlersBuilder.For(s).Add(TestHandler.Of((_, _, _) => default)).Use(_ => Interlocked.Increment(ref made) == 1 ? null : throw new InvalidOperationException("not again")),
            partitions: 1, stop: Stop);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        var rewinding = host.Services.GetRequiredService<HandlersControl>().RewindAsync(Name, StartPosition.Earliest, "0", Stop);
        await Assert.ThrowsAsync<InvalidOperationException>(() => rewinding.WaitAsync(TimeSpan.FromSeconds(5), Stop));
        await Waiting.UntilAsync(() => host.Status.Failures.Count == 1);
    }

    [Fact]
    public async Task A_position_that_the_transport_refuses_fails_the_rewind_and_nothing_else()
    {
        var hooks = new Hooked { Seeking = to => to.After is null ? default : throw new TransportException("There is no such position.") };
        await using var host = await StartAsync(Recorded(), hooks);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        await Assert.ThrowsAsync<TransportException>(() => host.Services.GetRequiredService<HandlersControl>().RewindAsync(Name, StartPosition.Behind(new Position(77)), "0", Stop));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.AdvanceUntilAsync(() => calls.Contains("a"), stop: Stop);
    }

    [Fact]
    public async Task What_an_epoch_reads_late_is_not_stored_in_the_next()
    {
        var transport = new ScriptedTransport();
        var flusher = new Flusher(transport, "test", 1, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var commit = CommitStrategy.Of(Commit.OnRead, transport, new Watermark(), flusher);
        commit.Abandon();
        await commit.BeforeDispatchAsync(Batch(1), Stop);
        Assert.Empty(transport.Stored);
    }

    // ---- Failure ----

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
    public async Task An_item_of_a_list_is_tried_again_by_its_own_exception()
    {
        await using var host = await StartAsync(
            List(
                call =>
                {
                    for (var i = 0; i < call.Payloads.Count; i++)
                        call.Context.Fail(i, call.Payloads[i] == "never" ? new ArgumentException("no") : new TimeoutException("later"));
                    return default;
                },
                s => s with { BatchSize = 2, OnFailure = FailedHandler.Skip, Retry = new RetrySettings { Delay = TimeSpan.Zero, Except = [typeof(ArgumentException)] } }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "never");
        await host.PublishAsync(TestHandler.Topic, "again");
        await host.AdvanceUntilAsync(() => host.Outcomes.Count == 2, stop: Stop);
        Assert.Equal(3, calls.Count(c => c == "again"));
        Assert.Equal(1, calls.Count(c => c == "never"));
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
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.TotalSeconds: > 60 }], TimeSpan.FromSeconds(1), Stop);
        var stopping = host.StopAsync(Stop);
        await host.AdvanceUntilAsync(() => stopping.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await stopping;
        Assert.Null(host.Broker.Committed(TestHandler.Group, TestHandler.Topic, 0));
        await host.DisposeAsync();
    }

    // ---- Stuck ----

    [Fact]
    public async Task A_list_that_waits_for_more_messages_is_not_stuck()
    {
        await using var host = await StartAsync(List(_ => default, s => s with { BatchSize = 10, BatchTime = TimeSpan.FromMinutes(5) }), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: 1 }], Stop);
        for (var i = 0; i < 200; i++)
        {
            host.Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.Yield();
        }

        await Task.Delay(20, Stop);
        Assert.NotEqual(HealthStatus.Unhealthy, (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync(Stop)).Status);
    }

    [Fact]
    public async Task A_handler_that_hangs_is_stuck_although_its_lane_is_paused()
    {
        var hang = new TaskCompletionSource();
        await using var host = await StartAsync(TestHandler.Of((_, _, stop) => new ValueTask(hang.Task.WaitAsync(stop))), new Hooked());
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ Uncommitted: 1 }], Stop);
        host.Services.GetRequiredService<HandlersControl>().Pause(Name);
        await host.AdvanceUntilAsync(() => host.Status.Handlers.Single().Lanes is [{ OldestAge.TotalSeconds: > 60 }], TimeSpan.FromSeconds(1), Stop);
    }

    [Fact]
    public async Task A_commit_that_never_comes_back_turns_health_red()
    {
        var hang = new TaskCompletionSource();
        var hooks = new Hooked { Flushing = stop => new ValueTask(hang.Task.WaitAsync(stop)) };
        await using var host = await StartAsync(Recorded(), hooks);
        await host.PublishAsync(TestHandler.Topic, "a");
        var health = host.Services.GetRequiredService<HealthCheckService>();
        var until = host.Clock.GetUtcNow() + TimeSpan.FromMinutes(5);
        await host.AdvanceUntilAsync(() => host.Clock.GetUtcNow() > until, TimeSpan.FromSeconds(1), Stop);
        Assert.Equal(HealthStatus.Unhealthy, (await health.CheckHealthAsync(Stop)).Status);
    }

    // ---- Configuration ----

    [Theory]
    [InlineData("Retry", "5", "Handlers:Things.OnThing:Retry")]
    [InlineData("RetryTopics:0", "5s", "Handlers:Things.OnThing:RetryTopics")]
    [InlineData("RetryTopics", "60d", "retry topic")]
    [InlineData("RetryTopics", "5s,5s", "twice")]
    [InlineData("Retry:Delay", "2d", "at most a day")]
    [InlineData("BatchTime", "60d", "BatchTime")]
    [InlineData("Topic:x", "y", "Handlers:Things.OnThing:Topic")]
    [InlineData("Commit", "OnRead", "OnFailure")]
    [InlineData("DeadLetter", "things.test.retry.1m", "things.test.retry.1m")]
    [InlineData("Concurrency", "200000", "from 1 to 100000")]
    [InlineData("BatchSize", "200000", "100000")]
    public async Task Configuration_that_means_nothing_says_so_with_the_key(string key, string value, string expected)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await TestHandler.StartAsync(
                TestHandler.Of((_, _, _) => default, settings: s => s with { Ordering = Ordering.None, OnFailure = FailedHandler.Stop, RetryTopics = [TimeSpan.FromMinutes(1)] }),
                configuration: [KeyValuePair.Create($"Handlers:Things.OnThing:{key}", (string?)value)]);
        });
        Assert.Contains(expected, error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("Delay", "2d")]
    [InlineData("MaxDelay", "2d")]
    [InlineData("Delay", "1m")] // longer than the longest, 30 s
    public async Task A_pipeline_of_configuration_has_the_limits_of_a_retry(string key, string value)
    {
        var error = await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await TestHandler.StartAsync(
                TestHandler.Of((_, _, _) => default, settings: s => s with { Retry = new RetrySettings { Pipeline = "patient" } }),
                configuration: [KeyValuePair.Create($"Handlers:Pipelines:patient:{key}", (string?)value)]);
        });
        Assert.Contains("patient", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_handler_of_a_retry_topic_of_its_own_group_is_an_error_at_start()
    {
        await Assert.ThrowsAsync<HandlersConfigurationException>(async () =>
        {
            await using var host = await HandlersTestHost.StartAsync(
                s => HandlersBuilder.For(s)
                    .Add(TestHandler.Of((_, _, _) => default, settings: x => x with { Ordering = Ordering.None, RetryTopics = [TimeSpan.FromSeconds(5)] }))
                    .Add(TestHandler.Of((_, _, _) => default, "Things.OnRetry", x => x with { Topic = "things.test.retry.5s" })),
                partitions: 1, stop: Stop);
        });
    }

    [Fact]
    public async Task A_list_that_is_larger_than_what_may_be_uncommitted_is_not_held_up_until_its_time()
    {
        await using var host = await TestHandler.StartAsync(
            List(_ => default, s => s with { BatchSize = 100, BatchTime = TimeSpan.FromHours(1) }),
            configuration: [KeyValuePair.Create("Handlers:MaxUncommitted", (string?)"50")]);
        for (var i = 0; i < 200; i++) await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(Stop);
    }

    // ---- Harness ----

    private static Order Of(WorkQueue queue, IMessageSteps steps) =>
        Order.Of(new HandlerSettings { Topic = "t", Ordering = Ordering.None }, lists: false, queue, steps, new LanePause(), TimeProvider.System, () => { });

    private static MessageBatch Batch(int count)
    {
        var batch = new MessageBatch(count, 1000);
        for (var i = 0; i < count; i++) batch.Add(new Message { Position = new Position(i) });
        return batch;
    }

    private static Hooked Away() => new() { Publishing = (m, _) => m.Topic == "things.dead" ? throw new TransportException("The broker is away.") { IsTransient = true } : default };

    private HandlerRegistration Recorded(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of(
        (body, _, _) =>
        {
            calls.Enqueue(body);
            return default;
        }, settings: settings);

    private BatchRegistration<string> List(Func<BatchCall<string>, ValueTask> handle, Func<HandlerSettings, HandlerSettings> settings) => new()
    {
        Name = Name,
        Declared = settings(new HandlerSettings { Topic = TestHandler.Topic }),
        PayloadType = "string",
        Unpack = Payload.Text,
        Dispatch = call =>
        {
            foreach (var body in call.Payloads) calls.Enqueue(body);
            return handle(call);
        },
    };

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

    private sealed class Held : IMessageSteps
    {
        private readonly TaskCompletionSource<bool> released = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public ConcurrentQueue<long> Begun { get; } = [];

        public void Release() => released.SetResult(true);

        public ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot)
        {
            Begun.Enqueue(ticket);
            return new(released.Task);
        }

        public ValueTask<bool> HandleAsync(IReadOnlyList<Work> batch, ISlot? slot) => throw new NotSupportedException();
    }
}
