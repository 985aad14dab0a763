namespace Handlers.Tests;

/// <summary>Waits that a simulation on one thread can follow: the framework's own would go to the thread pool here.</summary>
public sealed class FirstOfTests
{
    private readonly TaskCompletionSource never = new();

    [Fact]
    public async Task A_wait_ends_with_its_task()
    {
        var task = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var waiting = task.Task.OrStopAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        task.SetException(new InvalidOperationException("its own to tell"));
        await waiting;
    }

    [Fact]
    public async Task A_wait_ends_with_its_token()
    {
        using var stop = new CancellationTokenSource();
        var waiting = never.Task.OrStopAsync(stop.Token).AsTask();
        Assert.False(waiting.IsCompleted);
        stop.Cancel();
        await waiting;
    }

    [Fact]
    public async Task A_wait_comes_back_on_the_context_that_it_left()
    {
        var task = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        var context = new Here();
        var before = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(context);
        var waiting = task.Task.OrStopAsync(CancellationToken.None).AsTask();
        SynchronizationContext.SetSynchronizationContext(before);
        task.SetResult();
        await waiting;
        Assert.Equal(Environment.CurrentManagedThreadId, Assert.Single(context.Threads.Distinct()));
    }

    [Fact]
    public async Task All_are_waited_for_and_the_first_error_is_thrown()
    {
        var last = new TaskCompletionSource();
        var all = FirstOf.AllAsync([Task.FromException(new InvalidOperationException("first")), last.Task]);
        Assert.False(all.IsCompleted);
        last.SetException(new InvalidOperationException("second"));
        Assert.Equal("first", (await Assert.ThrowsAsync<InvalidOperationException>(() => all)).Message);
    }

    /// <summary>Runs what is posted at once, and notes where.</summary>
    private sealed class Here : SynchronizationContext
    {
        public List<int> Threads { get; } = [];

        public override void Post(SendOrPostCallback d, object? state)
        {
            Threads.Add(Environment.CurrentManagedThreadId);
            d(state);
        }
    }
}
