namespace Handlers;

/// <summary>
/// The life of one message is on this page: read a batch from the lane, order, unpack, dispatch, outcome, watermark, commit.
/// One loop per lane and epoch; how that begins and ends is on the page beside it (<see cref="Assignment"/>).
/// </summary>
internal sealed class ConsumerLoop : IMessageSteps
{
    private readonly ILane lane;
    private readonly LaneId id;
    private readonly LaneRoute route;
    private readonly LaneParts parts;
    private readonly StopPlan stop;
    private readonly Watermark watermark = new();
    private readonly MessageBatch batch;
    private readonly CommitTransaction? transaction; // the strategy, where it is that one
    private readonly Order order;
    private readonly Pending letters = new(); // messages that are only waiting for their letter to be published
    private long notDueFrom = long.MaxValue; // of a retry topic: the first ticket whose time has not come. Written by the loop
    private bool hasEnded;
    private Exception? lost; // a letter that could not even be written

    public ConsumerLoop(ILane lane, LaneRoute route, LaneParts parts, StopPlan stop)
    {
        this.lane = lane;
        this.route = route;
        this.parts = parts;
        this.stop = stop;
        id = lane.Id;
        batch = new MessageBatch(Math.Min(parts.Options.BatchSize, parts.Options.MaxUncommitted), parts.Options.BatchBytes);
        Commit = CommitStrategy.Of(route.Settings.Commit, lane, watermark, parts.Flusher, parts.Options);
        transaction = Commit as CommitTransaction;
        order = Order.Of(route.Settings, route.Topic.TakesLists, route.Queue, this, route.Pause, parts.Time, ended: StopReading);
    }

    /// <summary>When the watermark becomes durable. The committer, and the assignment at its end, call it too.</summary>
    public CommitStrategy Commit { get; }

    /// <summary>The oldest message without a final outcome, unless it only waits for its time in a retry topic.</summary>
    public (long Ticket, Position Position)? Oldest => watermark.Oldest is { } oldest && oldest.Ticket < Volatile.Read(ref notDueFrom) ? oldest : null;

    /// <summary>Whether a handler is called, or called again after a pause.</summary>
    public bool IsBusy => order.IsBusy;

    /// <summary>Messages that have begun and have no outcome yet, those among them whose letter is being published.</summary>
    public int Running
    {
        get
        {
            if (letters.Count is 0) return order.Running;
            var all = new OldestTickets(1 + order.Running + letters.Count); // one that waits for its letter may be in the order still
            CopyRunning(all);
            return all.All.Length;
        }
    }

    /// <summary>Adds the tickets of those that have.</summary>
    public void CopyRunning(OldestTickets into)
    {
        order.CopyRunning(into);
        letters.CopyTo(into);
    }

    /// <summary>A message without an outcome: where it is, and whose it is where handlers share the lane by type. Null: it has one, or was not received.</summary>
    public (Position Position, string? Handler)? Find(long ticket) =>
        watermark.TryFind(ticket, out var position, out var handler) ? (position, handler is { } index ? route.Handlers[index].Name : null) : null;

    /// <summary>The last message received; null before the first.</summary>
    public Position? Received => watermark.Received;

    /// <summary>The watermark; null before the first.</summary>
    public Position? Handled => watermark.Handled;

    /// <summary>
    /// Where the lane goes on when this loop is over and it is not to go elsewhere: behind what was committed when it was read, otherwise behind the watermark, or at
    /// the first message where nothing is handled. Null: nothing was received.
    /// </summary>
    public StartPosition? GoesOnAt =>
        watermark.Received is not { } read ? null
        : Commit.OwesDispatch ? StartPosition.Behind(read)
        : watermark.Handled is { } handled ? StartPosition.Behind(handled)
        : StartPosition.Including(watermark.Oldest!.Value.Position);

    /// <summary>Messages received and not below the watermark.</summary>
    public int Uncommitted => watermark.Uncommitted;

    /// <summary>Completes when no read is under way. Written by the loop; read when it begins no other.</summary>
    public Task ReadEnded { get; private set; } = Task.CompletedTask;

    /// <summary>Whether the lane said that it has no more messages, and all that it had are handled. Read when the loop has run.</summary>
    public bool HasFinished => hasEnded && watermark.Uncommitted == 0;

    /// <summary>
    /// Everything that the lane has is handled. The lane may have handed out messages that the loop has not taken in yet; so what
    /// was read last must be what was received last.
    /// </summary>
    public bool IsCaughtUp => lane.State is var state && state.LagMessages is null or 0 && (state.LagTime is null || state.LagTime == TimeSpan.Zero) && state.LastRead == watermark.Received
        && watermark.Uncommitted == 0 && (state.LagMessages is not null || Commit.IsIdle) && !Commit.OwesOutputs;

    /// <summary>The most messages of this lane at once.</summary>
    public void Limit(int most) => order.Limit(most);

    /// <summary>Nothing that completes from now on counts. Returns how many messages were committed on read and are not handled.</summary>
    public int Close()
    {
        watermark.Close();
        order.Close();
        return Commit.OwesDispatch ? watermark.Uncommitted : 0;
    }

    /// <summary>Reads and handles until the lane ends, the plan stops it, or a message ends it: then it throws.</summary>
    public async Task RunAsync()
    {
        using var ending = Begins.UnsafeRegister(static s => ((Order)s!).Close(), order); // workers begin nothing more, whatever the loop does just now
        try
        {
            while (await HasRoomAsync() && await ReadAsync())
            {
                route.Received(batch.Count);
                var ticket = watermark.Receive(batch.Messages);
                await Commit.BeforeDispatchAsync(batch, stop.End);
                if (lane.Lost.IsCancellationRequested) return; // the commit may have found out: what it did not write is another's to dispatch
                if (watermark.IsClosed) return; // given up meanwhile: what is not begun is not ours to begin
                if (!await OrderAsync(ticket)) break;
                batch.Clear();
            }

            await DrainAsync();
        }
        catch
        {
            // Reading failed, or a message did: what is under way ends before the lane does, or it would go on in the next owner's time.
            StopReading();
            await DrainAsync().ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            throw;
        }
        finally
        {
            batch.Clear(); // native bytes go back before the lane does
        }
    }

    private async Task DrainAsync()
    {
        await order.DrainAsync(Begins);
        await letters.WhenNoneAsync();
        if (lost is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(lost);
    }

    /// <summary>One message, from bytes to commit. False: the lane ends here, with the message uncommitted.</summary>
    public ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot)
    {
        var handler = route.For(in message, out var refused);
        if (route.Topic.Types is not null) watermark.Takes(ticket, route.IndexOf(handler));
        var dispatching = refused.Kind == OutcomeKind.None ? handler.Dispatcher.DispatchAsync(in message, stop.Handlers) : new(refused);
        if (!dispatching.IsCompletedSuccessfully) return SettleAsync(handler, dispatching, Kept(handler, in message), ticket, slot);
        var outcome = dispatching.Result;
        return outcome.IsFinal ? EndAsync(handler, outcome, message.Position, ticket) : SettleAsync(handler, new(outcome), Kept(handler, in message), ticket, slot);
    }

    /// <summary>The same for a list: one call, and an outcome for each.</summary>
    public async ValueTask<bool> HandleAsync(IReadOnlyList<Work> list, ISlot? slot)
    {
        var handler = route.Handlers[0];
        var call = new ListCall(handler, [.. list.Select(static w => w.Message)], stop);
        var outcomes = await call.RunAsync(slot);
        var goOn = true;
        Exception? said = null; // one exception of the call may be the reason of every item
        foreach (var i in Enumerable.Range(0, list.Count).OrderByDescending(i => outcomes[i].IsFinal)) // what is final counts, whatever the others come to
        {
            goOn &= await EndAsync(handler, outcomes[i], list[i].Message.Position, list[i].Ticket, said);
            said = outcomes[i].Exception;
        }

        return goOn;
    }

    /// <summary>Fires when no message is begun any more. What is committed already is, for as long as handlers may run.</summary>
    private CancellationToken Begins => Commit.OwesDispatch ? stop.Handlers : stop.Intake;

    /// <summary>Waits for its outcome, and for what its handler's declaration makes of a failure.</summary>
    private async ValueTask<bool> SettleAsync(LaneHandler handler, ValueTask<Outcome> dispatching, Message message, long ticket, ISlot? slot)
    {
        var outcome = await dispatching;
        if (outcome.Kind == OutcomeKind.Failed)
        {
            if (!outcome.IsUnmatched) handler.Counts.FailedCalls(1);
            var (calls, last) = await handler.Failure.RetryAsync(outcome, message.Position, () => handler.CallAgainAsync(message, stop.Handlers), slot, stop.Intake);
            if (calls > 1) handler.Counts.Retried(calls - 1);
            outcome = last;
            if (handler.Failure.Publishes(outcome))
            {
                var publishing = PublishAsync(handler, outcome, calls, message, ticket);
                // The handler is done with the message, so the next may begin; the watermark waits for the letter.
                return route.Settings.Commit != Handlers.Commit.EachMessage || await publishing;
            }
        }

        return await EndAsync(handler, handler.Failure.Settle(outcome), message.Position, ticket);
    }

    /// <summary>To a retry topic or the dead letters, and the outcome when that is acknowledged. Nobody may await it: what it throws ends the lane.</summary>
    private async Task<bool> PublishAsync(LaneHandler handler, Outcome outcome, int calls, Message message, long ticket)
    {
        using var pending = letters.Add(ticket);
        try
        {
            return await EndAsync(handler, await handler.Failure.PublishAsync(outcome, calls, message, stop.Intake, stop.Handlers), message.Position, ticket);
        }
        catch (Exception e)
        {
            Interlocked.CompareExchange(ref lost, e, null);
            StopReading();
            return false;
        }
    }

    private ValueTask<bool> EndAsync(LaneHandler handler, Outcome outcome, Position position, long ticket, Exception? said = null)
    {
        if (outcome.Exception is not null && !FailurePolicy.AsksToEnd(outcome)) Report(handler, outcome, position, said);
        if (!outcome.IsFinal) return outcome.Kind == OutcomeKind.None ? new(false) : throw Failure(handler, outcome, position);
        transaction?.Gather(ticket, outcome.Outputs);
        if (!watermark.Complete(ticket))
        {
            handler.OnLate();
            return new(false);
        }

        handler.Counts.Count(outcome);
        parts.Listener?.OnOutcome(handler.Name, id, position, outcome);
        var committing = Commit.AfterOutcomeAsync(stop.End);
        return committing.IsCompletedSuccessfully ? new(true) : CommittedAsync(committing);

        static async ValueTask<bool> CommittedAsync(ValueTask committing)
        {
            await committing;
            return true;
        }
    }

    private async ValueTask<bool> HasRoomAsync()
    {
        if (route.Pause.IsPaused && !await route.Pause.WaitAsync(stop.Intake)) return false;
        var room = watermark.WhenAtMost(parts.Options.MaxUncommitted - batch.MaxCount);
        if (!room.IsCompleted)
        {
            order.Flush();
            await room.OrStopAsync(stop.Intake);
        }

        return !stop.Intake.IsCancellationRequested;
    }

    private async ValueTask<bool> ReadAsync()
    {
        TaskCompletionSource? ended = null;
        var began = route.Reads.Begin();
        try
        {
            var reading = lane.ReadAsync(batch, stop.Intake);
            Commit.IsIdle = !reading.IsCompleted;
            if (!reading.IsCompleted) ReadEnded = (ended = new(TaskCreationOptions.RunContinuationsAsynchronously)).Task;
            hasEnded = !await reading;
            route.Reads.Ended(began, batch.Count);
            return !hasEnded;
        }
        catch (OperationCanceledException) when (stop.Intake.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception e)
        {
            route.Reads.Ended(began, 0, e);
            throw;
        }
        finally
        {
            Commit.IsIdle = false;
            ended?.TrySetResult();
        }
    }

    private ValueTask<bool> OrderAsync(long ticket) =>
        route.Topic.Delay is { } delay ? OrderWhenDueAsync(delay, ticket) : order.RunAsync(batch, .., ticket, Begins);

    /// <summary>A retry topic: its messages wait for their time. They were published in its order, so the first is due first.</summary>
    private async ValueTask<bool> OrderWhenDueAsync(TimeSpan delay, long ticket)
    {
        var read = parts.Time.GetUtcNow();
        for (var i = 0; i < batch.Count;)
        {
            var wait = Published(i) + delay - parts.Time.GetUtcNow();
            if (wait > TimeSpan.Zero)
            {
                Volatile.Write(ref notDueFrom, ticket + i);
                await Task.Delay(wait, parts.Time, stop.Intake).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
                if (stop.Intake.IsCancellationRequested) return false;
            }

            var due = parts.Time.GetUtcNow() - delay;
            var next = i + 1;
            while (next < batch.Count && Published(next) <= due) next++;
            Volatile.Write(ref notDueFrom, ticket + next);
            if (!await order.RunAsync(batch, i..next, ticket, Begins)) return false;
            i = next;
        }

        Volatile.Write(ref notDueFrom, long.MaxValue);
        return true;

        // Not after it was read, whatever the clock of its broker says.
        DateTimeOffset Published(int index) => MessageTime.Of(batch[index].TimestampMilliseconds) is var at && at < read ? at : read;
    }

    /// <summary>A message ended the lane while the loop reads: what is under way may finish.</summary>
    private void StopReading()
    {
        if (!stop.Intake.IsCancellationRequested) stop.Begin(parts.Options.StopBudget, parts.Options.DrainShare);
    }

    /// <summary>Of a message that is not handled yet, what may be needed when its batch is cleared.</summary>
    private static Message Kept(LaneHandler handler, ref readonly Message message) =>
        handler.Failure.NeedsBytes ? message.Keep() : new Message { Position = message.Position };

    private void Report(LaneHandler handler, Outcome outcome, Position position, Exception? said)
    {
        if (outcome.IsUnmatched && outcome.IsFinal)
        {
            // They are counted; a topic may be full of them. The first is worth a line: it may be a misspelled type.
            if (route.Topic.IsFirstUnmatched()) parts.Logger.Unmatched(route.Name, id, position, outcome.Kind, route.Topic.TypesText);
            return;
        }

        if (!ReferenceEquals(outcome.Exception, said)) handler.Failures.Add(parts.Time.GetUtcNow(), id, position, outcome.Kind, outcome.Exception!, outcome.Reason, outcome.IsInvalid);
        if (outcome.IsInvalid) parts.Logger.Invalid(handler.Name, id, position, outcome.Kind, outcome.Reason);
        else parts.Logger.Failed(ReferenceEquals(outcome.Exception, said) ? null : outcome.Exception, handler.Name, id, position, outcome.Kind);
        if (outcome.IsFinal) return;
        handler.Counts.Count(outcome);
        parts.Listener?.OnOutcome(handler.Name, id, position, outcome);
    }

    private HandlerFailedException Failure(LaneHandler handler, Outcome outcome, Position position) => new(
        $"Handler '{handler.Name}' {What(outcome)} at {id} position {position}, " +
        $"which {(Commit.OwesDispatch ? "was committed when it was read" : outcome.Exception is RestartProcessingException ? "is not committed and comes again" : "is not committed and comes again at the next start")}",
        outcome.Reason,
        outcome.IsInvalid ? null : outcome.Exception);

    private static string What(Outcome outcome) => outcome.Exception switch
    {
        StopProcessingException => "asks to stop",
        RestartProcessingException => "asks to begin again",
        _ => outcome.IsInvalid ? "stops on an invalid message" : "failed",
    };
}
