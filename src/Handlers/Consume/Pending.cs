namespace Handlers;

/// <summary>Counts what is under way beside the order of a lane, so that its end can wait for it.</summary>
internal sealed class Pending
{
    private readonly Lock gate = new();
    private int count;                  // guarded by gate
    private TaskCompletionSource? none; // guarded by gate

    /// <summary>One more, until it is disposed of.</summary>
    public Held Add()
    {
        lock (gate) count++;
        return new Held(this);
    }

    /// <summary>Completes when there is none. Nothing is added any more when this is called.</summary>
    public Task WhenNoneAsync()
    {
        lock (gate) return count == 0 ? Task.CompletedTask : (none ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
    }

    private void Remove()
    {
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            if (--count == 0) (waiting, none) = (none, null);
        }

        waiting?.TrySetResult();
    }

    public readonly struct Held(Pending pending) : IDisposable
    {
        public void Dispose() => pending.Remove();
    }
}
