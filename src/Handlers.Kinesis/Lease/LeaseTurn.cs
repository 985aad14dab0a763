namespace Handlers.Kinesis;

/// <summary>
/// One at a time, in the order of asking: the writes of one lease. Like the core's own turn; a semaphore's awaits would go to the thread pool,
/// where a simulation cannot follow.
/// </summary>
internal sealed class LeaseTurn
{
    private readonly Lock gate = new();
    private readonly Queue<TaskCompletionSource> waiting = new(); // guarded by gate; may hold some that gave up
    private bool taken;                                           // guarded by gate

    /// <summary>Completes when it is the caller's turn, who then ends it. Throws when the token fires first: there is nothing to end.</summary>
    public async ValueTask TakeAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        TaskCompletionSource mine;
        lock (gate)
        {
            if (!taken)
            {
                taken = true;
                return;
            }

            waiting.Enqueue(mine = new(TaskCreationOptions.RunContinuationsAsynchronously));
        }

        using var givingUp = stop.UnsafeRegister(static (s, token) => ((TaskCompletionSource)s!).TrySetCanceled(token), mine);
        await mine.Task;
    }

    /// <summary>Gives the turn to the next one.</summary>
    public void End()
    {
        lock (gate)
        {
            while (waiting.TryDequeue(out var next))
                if (next.TrySetResult()) return;
            taken = false;
        }
    }
}
