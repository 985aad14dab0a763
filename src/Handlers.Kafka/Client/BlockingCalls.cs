using System.Collections.Concurrent;

namespace Handlers.Kafka;

/// <summary>
/// Calls of the client that are made one after the other, on one thread, and on none of the pool: those that block (seek, look-ups, and commits where
/// there is no <see cref="CommitQueue"/>), so that nothing is committed beside a seek; and those that only the polling thread may make.
/// </summary>
internal sealed class BlockingCalls : IDisposable
{
    private readonly BlockingCollection<Action> queue = [];

    /// <param name="name">The name of a thread of its own. Null: the polling thread's, which runs what waits.</param>
    public BlockingCalls(string? name)
    {
        if (name is not null) new Thread(Run) { IsBackground = true, Name = name }.Start();
    }

    /// <summary>Runs it when those before it are done. <paramref name="stop"/> ends the wait; what has begun ends by itself.</summary>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken stop)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryAdd(() => Complete(call, done, stop))) return Task.FromException<T>(new TransportException("The subscription is closed."));
        return done.Task.WaitAsync(stop);
    }

    /// <summary>Completes when nothing is under way that was asked for before.</summary>
    public Task WhenDone()
    {
        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryAdd(() => done.TrySetResult())) done.TrySetResult();
        return done.Task;
    }

    /// <summary>Runs what waits now, on this thread.</summary>
    public void RunWaiting()
    {
        while (queue.TryTake(out var call)) call();
    }

    /// <summary>Waits on this thread, and runs meanwhile what is asked of it. False: it took too long.</summary>
    public bool RunUntil(Task done, TimeSpan most)
    {
        if (done.IsCompleted) return true;
        var began = TimeProvider.System.GetTimestamp();
        _ = done.ContinueWith(static (_, calls) => ((BlockingCalls)calls!).TryAdd(static () => { }), this, CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default); // wakes it
        while (!done.IsCompleted)
        {
            var left = most - TimeProvider.System.GetElapsedTime(began);
            if (left <= TimeSpan.Zero) return false;
            if (queue.TryTake(out var call, left)) call();
        }

        return true;
    }

    public void Dispose() => queue.CompleteAdding();

    private bool TryAdd(Action action)
    {
        try
        {
            queue.Add(action);
            return true;
        }
        catch (InvalidOperationException) // completed meanwhile
        {
            return false;
        }
    }

    private static void Complete<T>(Func<T> call, TaskCompletionSource<T> done, CancellationToken stop)
    {
        if (stop.IsCancellationRequested)
        {
            done.TrySetCanceled(stop);
            return;
        }

        try
        {
            done.TrySetResult(call());
        }
        catch (Exception e)
        {
            done.TrySetException(e);
        }
    }

    private void Run()
    {
        foreach (var action in queue.GetConsumingEnumerable()) action();
    }
}
