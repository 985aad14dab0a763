namespace Handlers;

/// <summary>
/// The life of one message is on this page: read a batch from the lane, order, unpack, dispatch, outcome, watermark, commit.
/// One loop per lane and assignment; how that begins and ends is on the page beside it (<see cref="Assignment"/>).
/// </summary>
internal sealed class ConsumerLoop : IMessageSteps
{
    private readonly ILane lane;
    private readonly LaneId id;
    private readonly LaneHandler handler;
    private readonly LaneParts parts;
    private readonly StopPlan stop;
    private readonly Watermark watermark = new();
    private readonly LaneCounts counts = new();
    private readonly MessageBatch batch;

    public ConsumerLoop(ILane lane, LaneHandler handler, LaneParts parts, StopPlan stop)
    {
        this.lane = lane;
        this.handler = handler;
        this.parts = parts;
        this.stop = stop;
        id = lane.Id;
        batch = new MessageBatch(parts.Options.BatchSize, parts.Options.BatchBytes);
        Commit = CommitStrategy.Of(handler.Settings.Commit, lane, watermark, parts.Flusher);
    }

    /// <summary>When the watermark becomes durable. The committer, and the assignment at its end, call it too.</summary>
    public CommitStrategy Commit { get; }

    public HandlerCounts Counts => counts.Snapshot;

    /// <summary>The oldest message without a final outcome.</summary>
    public Position? Oldest => watermark.Oldest;

    /// <summary>Whether the lane said that it has no more messages. Read when the loop has run.</summary>
    public bool HasEnded { get; private set; }

    /// <summary>
    /// Everything that the lane has is handled. The lane may have handed out messages that the loop has not taken in yet; so what
    /// was read last must be what was received last.
    /// </summary>
    public bool IsCaughtUp => lane.State is var state && state.LagMessages is null or 0 && state.LastRead == watermark.Received
        && watermark.Uncommitted == 0 && (state.LagMessages is not null || Commit.IsIdle);

    /// <summary>Nothing that completes from now on counts. Returns how many messages were committed on read and are not handled.</summary>
    public int Close()
    {
        watermark.Close();
        return Commit.OwesDispatch ? watermark.Uncommitted : 0;
    }

    /// <summary>Reads and handles until the lane ends, the plan stops it, or a message ends it: then it throws.</summary>
    public async Task RunAsync()
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
        parts.Listener?.OnOutcome(handler.Name, id, batch[index].Position, outcome);
        await Commit.AfterOutcomeAsync(stop.End);
        return true;
    }

    private async ValueTask<bool> ReadAsync()
    {
        try
        {
            var reading = lane.ReadAsync(batch, stop.Intake);
            Commit.IsIdle = !reading.IsCompleted;
            HasEnded = !await reading;
            return !HasEnded;
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

    private void Report(Outcome outcome, Position position)
    {
        if (outcome.IsInvalid) parts.Logger.Invalid(handler.Name, id, position, outcome.Kind, outcome.Reason);
        else parts.Logger.Failed(outcome.Exception, handler.Name, id, position, outcome.Kind);
        if (outcome.IsFinal) return;
        counts.Count(outcome);
        parts.Listener?.OnOutcome(handler.Name, id, position, outcome);
    }

    private HandlerFailedException Failure(Outcome outcome, Position position) => new(
        $"Handler '{handler.Name}' {(outcome.IsInvalid ? "stops on an invalid message" : "failed")} at {id} position {position}, " +
        $"which is not committed and comes again at the next start: {outcome.Reason}", outcome.IsInvalid ? null : outcome.Exception);
}
