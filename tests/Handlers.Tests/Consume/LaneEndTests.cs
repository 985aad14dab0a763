using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers.Tests;

/// <summary>Ends of a lane whose news come in an awkward order.</summary>
public sealed class LaneEndTests
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private int handled;

    [Fact]
    public async Task A_read_that_says_the_lane_is_lost_before_its_token_is_heard_is_no_error()
    {
        using var heard = new ManualResetEventSlim();
        ScriptedTransport transport = null!;
        transport = new ScriptedTransport
        {
            Read = async (_, _) =>
            {
                await Task.Yield();
                transport.Lose(heard);
                throw new OperationCanceledException(transport.Lost);
            },
        };
        using var host = await transport.StartAsync(Counting());
        var end = await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        heard.Set();
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(LaneEnd.Lost, end);
        Assert.Empty(Failures(host));
    }

    [Theory]
    [InlineData("finished")]
    [InlineData("revoked")]
    [InlineData("lost")]
    [InlineData("stopped")]
    public async Task How_a_lane_ended_is_counted(string how)
    {
        using var heard = new ManualResetEventSlim(initialState: true);
        var transport = new ScriptedTransport { Read = how == "finished" ? static (_, _) => new(false) : null };
        using var host = await transport.StartAsync(Counting());
        var metrics = host.Services.GetRequiredService<HandlersMetrics>();
        if (how != "finished") await transport.Waiting.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        if (how == "revoked") transport.Revoke(DateTimeOffset.UtcNow + Patience);
        if (how == "lost") transport.Lose(heard);
        if (how != "stopped") await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Equal(
            ((string[])["finished", "revoked", "lost", "stopped"]).Select(end => (end, end == how ? 1.0 : 0)),
            metrics.Read("handlers.lanes.ended")!.Series.Select(static s => (s.Labels.Single(static l => l.Key == "handlers.lane.end").Value, s.Value)));
        Assert.Equal(1, Assert.Single(metrics.Read("handlers.lanes.assigned")!.Series).Value);
    }

    [Fact]
    public async Task On_read_a_batch_whose_commit_found_the_lane_lost_is_not_dispatched()
    {
        using var heard = new ManualResetEventSlim();
        ScriptedTransport transport = null!;
        transport = new ScriptedTransport
        {
            Read = OneMessage,
            Flush = _ =>
            {
                transport.Lose(heard);
                return default;
            },
        };
        using var host = await transport.StartAsync(Counting(s => s with { Commit = Commit.OnRead, OnFailure = FailedHandler.Skip }));
        await Task.WhenAny(transport.Released.Task, transport.Waiting.Task).WaitAsync(Patience, TestContext.Current.CancellationToken);
        heard.Set();
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(0, handled);
        Assert.Empty(Failures(host));
    }

    /// <summary>Whoever finishes a lane says that nobody need come back to it; a shard's children begin then.</summary>
    [Fact]
    public async Task A_lane_whose_last_commit_failed_is_not_finished()
    {
        var transport = new ScriptedTransport
        {
            Read = (_, _) => new(false),
            Flush = _ => throw new TransportException("away for good"),
        };
        using var host = await transport.StartAsync(Counting());
        var end = await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal(LaneEnd.Stopped, end);
    }

    /// <summary>Writing the end of a shard waits for a broker that does not answer; what the lane holds is handled, and the host has other lanes.</summary>
    [Fact]
    public async Task The_end_of_a_lane_may_take_as_long_as_its_broker_is_away()
    {
        var clock = new Testing.FakeClock();
        var written = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var transport = new ScriptedTransport { Read = (_, _) => new(false), Releasing = written.Task, Time = clock };
        using var host = await transport.StartAsync(Counting());
        Assert.Equal(LaneEnd.Finished, await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken));
        for (var i = 0; i < 100; i++)
        {
            clock.Advance(TimeSpan.FromSeconds(10));
            await Task.Yield();
        }

        Assert.Empty(Failures(host));
        written.SetResult();
        await host.StopAsync(TestContext.Current.CancellationToken);
        Assert.Empty(Failures(host));
    }

    [Fact]
    public async Task A_batch_is_given_back_before_its_lane_is()
    {
        var (freed, freedBefore) = (0, -1);
        var transport = new ScriptedTransport
        {
            Read = (batch, stop) =>
            {
                batch.OnCleared(() => freed++);
                return OneMessage(batch, stop);
            },
            OnRelease = () => freedBefore = freed,
        };
        using var host = await transport.StartAsync(TestHandler.Of((_, _, _) => throw new InvalidOperationException("no")));
        await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Equal((1, 1), (freedBefore, freed));
    }

    [Fact]
    public async Task A_lane_that_is_asked_back_too_late_does_not_end_the_subscription()
    {
        var transport = new ScriptedTransport { Flush = stop => new(Task.Delay(20, stop)) };
        using var host = await transport.StartAsync(Counting());
        await transport.Waiting.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        transport.Revoke(DateTimeOffset.UnixEpoch);
        await transport.Released.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(Failures(host));
    }

    [Fact]
    public async Task A_stop_without_a_budget_is_no_error()
    {
        var transport = new ScriptedTransport { Flush = stop => new(Task.Delay(20, stop)) };
        using var host = await transport.StartAsync(Counting(), o => o.StopBudget = TimeSpan.Zero);
        await transport.Waiting.Task.WaitAsync(Patience, TestContext.Current.CancellationToken);
        await host.StopAsync(TestContext.Current.CancellationToken);

        Assert.Empty(Failures(host));
    }

    private HandlerRegistration Counting(Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of(
        (_, _, _) =>
        {
            handled++;
            return default;
        },
        settings: settings);

    private static ValueTask<bool> OneMessage(MessageBatch batch, CancellationToken stop)
    {
        batch.Add(ScriptedTransport.Message("x"));
        return new(true);
    }

    private static IReadOnlyList<Exception> Failures(IHost host) => host.Services.GetRequiredService<HandlersStatus>().Failures;
}
