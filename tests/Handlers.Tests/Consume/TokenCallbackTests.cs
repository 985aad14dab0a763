namespace Handlers.Tests;

/// <summary>Callbacks that handlers register on their token are code of the user: they throw, they block.</summary>
public sealed class TokenCallbackTests
{
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource cancelled = new(TaskCreationOptions.RunContinuationsAsynchronously);

    [Fact]
    public async Task One_that_throws_keeps_nobody_from_stopping()
    {
        var host = await TestHandler.StartAsync(Hanging(_ => throw new InvalidOperationException("in a callback")));
        await host.PublishAsync(TestHandler.Topic, "x");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await host.DisposeAsync();

        Assert.True(cancelled.Task.IsCompleted);
    }

    [Fact]
    public async Task One_that_blocks_keeps_nobody_from_stopping()
    {
        using var goOn = new ManualResetEventSlim();
        var host = await TestHandler.StartAsync(Hanging(_ => goOn.Wait()));
        await host.PublishAsync(TestHandler.Topic, "x");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        var stopped = Task.Run(async () => await host.DisposeAsync(), TestContext.Current.CancellationToken);
        var first = await Task.WhenAny(stopped, Task.Delay(TimeSpan.FromSeconds(5), TestContext.Current.CancellationToken));
        goOn.Set();
        await stopped;

        Assert.Same(stopped, first);
    }

    [Fact]
    public async Task One_that_throws_when_the_time_limit_has_passed_is_part_of_that_failure()
    {
        await using var host = await TestHandler.StartAsync(Hanging(
            _ => throw new InvalidOperationException("in a callback"),
            s => s with { TimeLimit = TimeSpan.FromSeconds(3), OnFailure = FailedHandler.Skip }));
        await host.PublishAsync(TestHandler.Topic, "x");
        await begun.Task.WaitAsync(TimeSpan.FromSeconds(10), TestContext.Current.CancellationToken);
        await host.WaitUntilAsync(
            () =>
            {
                host.Clock.Advance(TimeSpan.FromSeconds(1)); // where a timer's callback throws, a process ends
                return host.Outcomes.Count == 1;
            },
            TestContext.Current.CancellationToken);

        Assert.IsType<TimeoutException>(host.Outcomes[0].Exception);
    }

    private HandlerRegistration Hanging(Action<object?> callback, Func<HandlerSettings, HandlerSettings>? settings = null) => TestHandler.Of(
        async (_, _, stop) =>
        {
            await Task.Yield();
            await using var first = stop.Register(() => cancelled.TrySetResult());
            await using var second = stop.Register(callback, null);
            begun.TrySetResult();
            await cancelled.Task;
            stop.ThrowIfCancellationRequested();
        },
        settings: settings);
}
