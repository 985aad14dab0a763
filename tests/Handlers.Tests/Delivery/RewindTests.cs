using System.Collections.Concurrent;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Tests;

/// <summary>What may happen on the way from one epoch to the next.</summary>
public sealed class RewindTests
{
    private const string Name = "Things.OnThing";

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

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
        var hooks = new Hooked { Seeking = to => to.After is null ? default : throw new TransportException("There is no such position.") { IsRefused = true } };
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default), hooks);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        await Assert.ThrowsAsync<TransportException>(() => host.Services.GetRequiredService<HandlersControl>().RewindAsync(Name, StartPosition.Behind(new Position(77)), "0", Stop));
        await host.PublishAsync(TestHandler.Topic, "a");
        await host.WaitUntilHandledAsync(Stop);
    }

    [Fact]
    public async Task A_refused_rewind_of_a_lane_that_has_read_and_handled_nothing_leaves_it_at_its_first_message()
    {
        var (calls, go) = (0, new TaskCompletionSource());
        await using var host = await StartAsync(
            TestHandler.Of(async (_, _, stop) =>
            {
                Interlocked.Increment(ref calls);
                await go.Task.WaitAsync(stop);
            }), Refusing());
        foreach (var body in (string[])["a", "b"]) await host.PublishAsync(TestHandler.Topic, body);
        await host.WaitUntilAsync(() => Volatile.Read(ref calls) == 1, Stop);
        await RefusedAsync(host);
        go.SetResult();
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 2, Stop);
        Assert.Equal(3, calls); // the first comes again
        Assert.Empty(host.Status.Failures);
    }

    [Fact]
    public async Task A_refused_rewind_of_a_lane_that_commits_on_read_brings_nothing_twice()
    {
        var bodies = new ConcurrentQueue<string>();
        await using var host = await StartAsync(
            TestHandler.Of(
                async (body, _, stop) =>
                {
                    bodies.Enqueue(body);
                    if (body == "m0") await Task.Delay(Timeout.Infinite, stop);
                },
                settings: s => s with { Ordering = Ordering.None, Concurrency = 4, Commit = Commit.OnRead }), Refusing());
        for (var i = 0; i < 5; i++) await host.PublishAsync(TestHandler.Topic, $"m{i}");
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Counts.Handled == 4, Stop);
        await RefusedAsync(host);
        await host.PublishAsync(TestHandler.Topic, "m5");
        await host.WaitUntilAsync(() => bodies.Contains("m5"), Stop);
        Assert.Equal(["m0", "m1", "m2", "m3", "m4", "m5"], bodies.Order());
        Assert.Empty(host.Status.Failures);
    }

    [Fact]
    public async Task A_lane_that_is_lost_just_when_it_has_moved_does_not_keep_who_asked_waiting()
    {
        var hooks = new Hooked();
        await using var host = await StartAsync(TestHandler.Of((_, _, _) => default), hooks);
        await host.WaitUntilAsync(() => host.Status.Handlers.Single().Lanes.Count == 1, Stop);
        hooks.Sought = hooks.Lose;
        var rewinding = host.Services.GetRequiredService<HandlersControl>().RewindAsync(Name, StartPosition.Earliest, "0", Stop);
        var error = await Assert.ThrowsAsync<InvalidOperationException>(() => rewinding.WaitAsync(TimeSpan.FromSeconds(5), Stop));
        Assert.Contains("ended (Lost)", error.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_an_epoch_reads_late_is_not_stored_in_the_next()
    {
        var transport = new ScriptedTransport();
        var flusher = new Flusher(transport, "test", 1, TimeProvider.System, Microsoft.Extensions.Logging.Abstractions.NullLogger.Instance);
        var commit = CommitStrategy.Of(Commit.OnRead, transport, new Watermark(), flusher, new HandlersOptions());
        commit.Abandon();
        await commit.BeforeDispatchAsync(Batch(1), Stop);
        Assert.Empty(transport.Stored);
    }

    private static Hooked Refusing() => new() { Seeking = to => to.After is { Number: 77 } ? throw new TransportException("There is no such position.") { IsRefused = true } : default };

    private static async Task RefusedAsync(HandlersTestHost host)
    {
        var rewinding = host.Services.GetRequiredService<HandlersControl>().RewindAsync(Name, StartPosition.Behind(new Position(77)), "0", Stop);
        await host.AdvanceUntilAsync(() => rewinding.IsCompleted, TimeSpan.FromSeconds(1), Stop);
        await Assert.ThrowsAsync<TransportException>(() => rewinding);
    }

    private static MessageBatch Batch(int count)
    {
        var batch = new MessageBatch(count, 1000);
        for (var i = 0; i < count; i++) batch.Add(new Message { Position = new Position(i) });
        return batch;
    }

    private static Task<HandlersTestHost> StartAsync(HandlerRegistration handler, Hooked hooks, int partitions = 1) => HandlersTestHost.StartAsync(
        s =>
        {
            HandlersBuilder.For(s).Add(handler);
            s.AddLogging().AddHealthChecks().AddStreamHandlers();
        }, partitions: partitions, transport: hooks.Around, stop: Stop);
}
