namespace Handlers;

/// <summary>
/// A lane while it is this process's: its loop runs, and then the lane is handed over (revoked, stopped, finished: one path) or
/// let go of (lost).
/// </summary>
internal sealed class Assignment
{
    private readonly ILane lane;
    private readonly LaneHandler handler;
    private readonly LaneParts parts;
    private readonly StopPlan stop;
    private readonly ConsumerLoop loop;

    public Assignment(ILane lane, LaneHandler handler, LaneParts parts)
    {
        this.lane = lane;
        this.handler = handler;
        this.parts = parts;
        Id = lane.Id;
        stop = new StopPlan(parts.Time, parts.Stop, CancelHandlers);
        loop = new ConsumerLoop(lane, handler, parts, stop);
    }

    /// <summary>The lane as it was assigned.</summary>
    public LaneId Id { get; }

    public CommitStrategy Commit => loop.Commit;

    public HandlerCounts Counts => loop.Counts;

    public LaneState State => lane.State;

    public bool IsCaughtUp => loop.IsCaughtUp;

    /// <summary>Runs until the lane ends, then hands it over: drain, commit, release. Returns the error that ended it, if one did.</summary>
    public async Task<Exception?> RunAsync()
    {
        using var onLost = lane.Lost.UnsafeRegister(static s => ((StopPlan)s!).BeginAtOnce(), stop);
        _ = WatchRevokedAsync(); // tasks that nobody awaits: what an async void throws ends the process
        var running = parts.StartWork(loop.RunAsync);
        await running.WaitAsync(stop.Abandon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        if (!running.IsCompleted) _ = GiveUpAsync(running);
        var failure = running.Exception?.InnerException;
        var end = lane.Lost.IsCancellationRequested ? LaneEnd.Lost
            : running.IsCompletedSuccessfully && loop.HasEnded ? LaneEnd.Finished
            : lane.Revoked.IsCompleted ? LaneEnd.Revoked
            : LaneEnd.Stopped;
        // A lane's loss may be known to its transport before the plan has heard of it.
        if (running.IsCanceled && end != LaneEnd.Lost && !stop.Intake.IsCancellationRequested) failure = new TransportException($"Reading lane {Id} of group '{handler.Settings.Group}' was cancelled by its transport.");
        failure = await EndAsync(end, failure);
        stop.Close();
        return failure;
    }

    /// <summary>Nothing completes after this: what is handled is committed, unless the lane was lost, and the lane given back.</summary>
    private async Task<Exception?> EndAsync(LaneEnd end, Exception? failure)
    {
        if (loop.Close() is > 0 and var owed) parts.Logger.NotDispatched(handler.Name, Id, owed);
        try
        {
            if (end != LaneEnd.Lost) await loop.Commit.AtEndAsync(stop.End);
        }
        catch (OperationCanceledException) when (stop.End.IsCancellationRequested && (end == LaneEnd.Revoked || parts.Options.StopBudget == TimeSpan.Zero))
        {
            parts.Logger.CommitTooLate(handler.Name, Id); // time is over, which is the broker's or the operator's will and no error
        }
        catch (Exception e)
        {
            if (!lane.Lost.IsCancellationRequested) failure ??= new TransportException(
                $"The last commit of lane {Id} of group '{handler.Settings.Group}' failed; what was handled since the last one will be handled again.", e);
        }

        if (lane.Lost.IsCancellationRequested) end = LaneEnd.Lost;
        try
        {
            await lane.ReleaseAsync(end).AsTask().WaitAsync(parts.LeaveLimit, parts.Time);
        }
        catch (TimeoutException)
        {
            failure ??= new TransportException($"The transport did not release lane {Id} of group '{handler.Settings.Group}' within {parts.LeaveLimit.TotalSeconds:0} s.");
        }
        catch (Exception e)
        {
            failure ??= e;
        }

        parts.Logger.LaneEnded(handler.Name, Id, end, loop.Counts.Handled);
        return failure;
    }

    /// <summary>Callbacks on the handler's token are the user's: they run elsewhere, and one that throws or blocks holds up nothing.</summary>
    private void CancelHandlers(CancellationTokenSource handlers) => _ = parts.StartWork(() =>
    {
        try
        {
            handlers.Cancel();
        }
        catch (AggregateException e)
        {
            parts.Logger.CallbackFailed(e, handler.Name, Id);
        }

        return Task.CompletedTask;
    });

    private async Task WatchRevokedAsync()
    {
        var revocation = await lane.Revoked; // never faults; of a lane that is not revoked, it is collected with the lane
        stop.Begin(revocation.Deadline - parts.Time.GetUtcNow(), parts.Options.DrainShare);
    }

    /// <summary>The call runs on; its lane is fenced. How it ends is only worth a line.</summary>
    private async Task GiveUpAsync(Task running)
    {
        parts.Logger.Overrun(handler.Name, Id, loop.Oldest?.ToString() ?? "?");
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        parts.Logger.OverrunEnded(running.Exception?.InnerException, handler.Name, Id);
    }
}
