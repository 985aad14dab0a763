using System.Collections.Concurrent;

namespace Handlers.Kafka;

/// <summary>
/// A thread for calls of the client that block (seek, look-ups, and commits where there is no <see cref="CommitQueue"/>): one after the other, so that nothing is committed beside a seek, and
/// none on a thread of the pool.
/// </summary>
internal sealed class BlockingCalls : IDisposable
{
    private readonly BlockingCollection<Action> queue = [];

    public BlockingCalls(string name) => new Thread(Run) { IsBackground = true, Name = name }.Start();

    /// <summary>Runs it when those before it are done. <paramref name="stop"/> ends the wait; what has begun ends by itself.</summary>
    public Task<T> RunAsync<T>(Func<T> call, CancellationToken stop)
    {
        var done = new TaskCompletionSource<T>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (!TryAdd(() => Complete(call, done, stop))) return Task.FromException<T>(new TransportException("The subscription is closed."));
        return done.Task.WaitAsync(stop);
    }

    /// <summary>Waits, on a thread that may block, until nothing is under way that was asked for before. False: it took too long.</summary>
    public bool WaitUntilDone(TimeSpan most)
    {
        using var done = new ManualResetEventSlim();
        return !TryAdd(done.Set) || done.Wait(most);
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
