namespace Handlers;

/// <summary>
/// Whether a lane may begin messages. What is under way goes on. Set by the control, the circuit breaker and dead letters; waited for by
/// the lane's loop. The gate guards what is not volatile; nothing runs under it.
/// </summary>
internal sealed class LanePause
{
    private readonly Lock gate = new();
    private volatile int reasons;
    private int cannotPublish;
    private TaskCompletionSource? resumed;

    /// <summary>Called outside of the gate when it has begun or ended, maybe by several at once: whoever is called looks. Set before the lane runs.</summary>
    public Action Changed { get; set; } = static () => { };

    public bool IsPaused => reasons != 0;

    public PauseReasons Reasons => (PauseReasons)reasons;

    /// <summary>Sets or takes away one reason.</summary>
    public void Set(PauseReasons reason, bool holds)
    {
        bool paused;
        TaskCompletionSource? waiting = null;
        lock (gate)
        {
            // Messages of several keys may find the broker away: the last to find it back lifts the pause.
            if (reason == PauseReasons.CannotPublish)
            {
                cannotPublish += holds ? 1 : -1;
                holds = cannotPublish > 0;
            }

            var before = reasons;
            reasons = holds ? before | (int)reason : before & ~(int)reason;
            paused = reasons != 0;
            if (paused == (before != 0)) return;
            if (!paused) (waiting, resumed) = (resumed, null);
        }

        waiting?.TrySetResult();
        Changed();
    }

    /// <summary>Waits until the lane goes on. False: <paramref name="stop"/> fired first.</summary>
    public async ValueTask<bool> WaitAsync(CancellationToken stop)
    {
        while (!stop.IsCancellationRequested)
        {
            Task going;
            lock (gate)
            {
                if (reasons == 0) return true;
                going = (resumed ??= new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            }

            await going.OrStopAsync(stop);
        }

        return false;
    }
}
