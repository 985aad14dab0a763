namespace Handlers;

/// <summary>
/// The life of one message is on this page: read a batch from the lane, order, unpack, dispatch, outcome, watermark, commit.
/// One loop per lane and assignment; when the assignment ends, so does the loop.
/// </summary>
internal sealed class ConsumerLoop : IMessageSteps
{
    private readonly ILane lane;
    private readonly LaneHandler handler;
    private readonly LaneParts parts;
    private readonly Watermark watermark = new();
    private readonly LaneCounts counts = new();
    private readonly StopPlan stop;
    private readonly MessageBatch batch; // the pump's alone
    private bool ended;                  // written by the pump before it ends: the lane has no more messages

    public ConsumerLoop(ILane lane, LaneHandler handler, LaneParts parts)
    {
        this.lane = lane;
        this.handler = handler;
        this.parts = parts;
        Id = lane.Id;
        stop = new StopPlan(parts.Time, parts.Stop, CancelHandlers);
        batch = new MessageBatch(parts.Options.BatchSize, parts.Options.BatchBytes);
        Commit = CommitStrategy.Of(handler.Settings.Commit, lane, watermark, parts.Flusher);
    }

    /// <summary>The lane as it was assigned.</summary>
    public LaneId Id { get; }

    public HandlerCounts Counts => counts.Snapshot;

    public LaneState State => lane.State;

    /// <summary>
    /// Everything that the lane has is handled. The lane may have handed out messages that the loop has not taken in yet; so what
    /// was read last must be what was received last.
    /// </summary>
    public bool IsCaughtUp => lane.State is var state && state.LagMessages is null or 0 && state.LastRead == watermark.Received
        && watermark.Uncommitted == 0 && (state.LagMessages is not null || Commit.IsIdle);

    public CommitStrategy Commit { get; }

    /// <summary>Runs until the lane ends, then hands it over: drain, commit, release. Returns the error that ended it, if one did.</summary>
    public async Task<Exception?> RunAsync()
    {
        using var onLost = lane.Lost.UnsafeRegister(static s => ((StopPlan)s!).BeginAtOnce(), stop);
        _ = WatchRevokedAsync(); // tasks that nobody awaits: what an async void throws ends the process
        var pump = parts.StartWork(PumpAsync);
        await pump.WaitAsync(stop.Abandon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);

        if (!pump.IsCompleted) _ = GiveUpAsync(pump);
        var failure = pump.Exception?.InnerException;
        var end = lane.Lost.IsCancellationRequested ? LaneEnd.Lost
            : pump.IsCompletedSuccessfully && ended ? LaneEnd.Finished
            : lane.Revoked.IsCompleted ? LaneEnd.Revoked
            : LaneEnd.Stopped;
        // A lane's loss may be known to its transport before the plan has heard of it.
        if (pump.IsCanceled && end != LaneEnd.Lost && !stop.Intake.IsCancellationRequested) failure = new TransportException($"Reading lane {Id} of group '{handler.Settings.Group}' was cancelled by its transport.");
        failure = await EndAsync(end, failure);
        stop.Close();
        return failure;
    }

    private async Task PumpAsync()
    {
        try
        {
            while (await ReadAsync())
            {
                counts.Received(batch.Count);
                var ticket = watermark.Receive(batch.Messages);
                await Commit.BeforeDispatchAsync(batch, stop.End);
                if (lane.Lost.IsCancellationRequested) return; // the commit may have found out: what it did not write is another's to dispatch
                var goOn = await handler.Order.RunAsync(batch, ticket, this, Commit.OwesDispatch ? stop.Handlers : stop.Intake);
                if (!goOn) return;
                batch.Clear();
            }
        }
        finally
        {
            batch.Clear(); // native bytes go back before the lane does
        }
    }

    /// <summary>One message, from bytes to commit. False: the lane ends here, with the message uncommitted.</summary>
    public async ValueTask<bool> HandleAsync(MessageBatch batch, int index, long ticket)
    {
        var outcome = handler.Failure.Settle(await handler.Dispatcher.DispatchAsync(in batch[index], stop.Handlers));
        if (outcome.Exception is not null) Report(outcome, batch[index].Position);
        if (!outcome.IsFinal) return outcome.Kind == OutcomeKind.None ? false : throw Failure(outcome, batch[index].Position);

        if (!watermark.Complete(ticket))
        {
            handler.OnLate();
            return false;
        }

        counts.Count(outcome);
        parts.Listener?.OnOutcome(handler.Name, Id, batch[index].Position, outcome);
        await Commit.AfterOutcomeAsync(stop.End);
        return true;
    }

    private async ValueTask<bool> ReadAsync()
    {
        try
        {
            var reading = lane.ReadAsync(batch, stop.Intake);
            Commit.IsIdle = !reading.IsCompleted;
            ended = !await reading;
            return !ended;
        }
        catch (OperationCanceledException) when (stop.Intake.IsCancellationRequested)
        {
            return false;
        }
        finally
        {
            Commit.IsIdle = false;
        }
    }

    /// <summary>Nothing completes after this: what is handled is committed, unless the lane was lost, and the lane given back.</summary>
    private async Task<Exception?> EndAsync(LaneEnd end, Exception? failure)
    {
        watermark.Close();
        if (Commit.OwesDispatch && watermark.Uncommitted is > 0 and var owed) parts.Logger.NotDispatched(handler.Name, Id, owed);
        try
        {
            if (end != LaneEnd.Lost) await Commit.AtEndAsync(stop.End);
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

        parts.Logger.LaneEnded(handler.Name, Id, end, counts.Snapshot.Handled);
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

    private void Report(Outcome outcome, Position position)
    {
        if (outcome.IsInvalid) parts.Logger.Invalid(handler.Name, Id, position, outcome.Kind, outcome.Reason);
        else parts.Logger.Failed(outcome.Exception, handler.Name, Id, position, outcome.Kind);
        if (outcome.IsFinal) return;
        counts.Count(outcome);
        parts.Listener?.OnOutcome(handler.Name, Id, position, outcome);
    }

    private HandlerFailedException Failure(Outcome outcome, Position position) => new(
        $"Handler '{handler.Name}' {(outcome.IsInvalid ? "stops on an invalid message" : "failed")} at {Id} position {position}, " +
        $"which is not committed and comes again at the next start: {outcome.Reason}", outcome.IsInvalid ? null : outcome.Exception);

    /// <summary>The call runs on; its lane is fenced. How it ends is only worth a line.</summary>
    private async Task GiveUpAsync(Task pump)
    {
        parts.Logger.Overrun(handler.Name, Id, watermark.Oldest?.ToString() ?? "?");
        await pump.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        parts.Logger.OverrunEnded(pump.Exception?.InnerException, handler.Name, Id);
    }
}
