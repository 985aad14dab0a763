namespace Handlers;

/// <summary>
/// Decides which messages of a lane are handled when. One per lane and assignment; the steps of a message are the loop's.
/// </summary>
internal abstract class Order
{
    /// <summary>The order of one lane and assignment.</summary>
    /// <param name="settings">The handler's.</param>
    /// <param name="lists">Whether the handler takes lists of messages.</param>
    /// <param name="queue">The workers of the topic.</param>
    /// <param name="steps">What is done with messages.</param>
    /// <param name="pause">Whether messages may begin.</param>
    /// <param name="time">Time.</param>
    /// <param name="ended">Called when a message ended the lane while its loop does something else.</param>
    public static Order Of(HandlerSettings settings, bool lists, WorkQueue queue, IMessageSteps steps, LanePause pause, TimeProvider time, Action ended)
    {
        if (!lists && settings.Ordering == Ordering.Lane) return new LaneOrder(steps, pause);
        var lane = new LaneQueue(queue, steps, settings.Ordering == Ordering.Key, ended);
        pause.Changed = () => lane.Pause(pause);
        lane.Pause(pause);
        if (settings.Ordering == Ordering.Lane) lane.Limit(1);
        return lists ? new BatchOrder(lane, settings.BatchSize, settings.BatchTime, inOrder: settings.Ordering == Ordering.Lane, time) : new QueuedOrder(lane);
    }

    /// <summary>
    /// Takes the messages of a batch in. Returns when the batch's bytes are needed no more. False: a message ended the lane, or
    /// <paramref name="stop"/> fired before the last message was begun.
    /// </summary>
    /// <param name="batch">The messages.</param>
    /// <param name="part">Which of them.</param>
    /// <param name="firstTicket">The watermark's ticket of the first message of the batch; the others follow it by one each.</param>
    /// <param name="stop">No message is begun after it fired.</param>
    public abstract ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop);

    /// <summary>
    /// Completes when what was taken in is handled; once <paramref name="stop"/> has fired, when what was begun is. Throws what ended
    /// the lane.
    /// </summary>
    public abstract Task DrainAsync(CancellationToken stop);

    /// <summary>The most of this lane's messages at once, below what the topic allows. Nothing where the lane handles one at a time.</summary>
    public virtual void Limit(int most) { }

    /// <summary>Nothing more is read until there is room: what waits for more messages waits no longer.</summary>
    public virtual void Flush() { }

    /// <summary>Whether a message is under way. Any thread.</summary>
    public bool IsBusy => Running > 0;

    /// <summary>How many messages are under way: begun, and not ended by their steps; of a list each counts. Any thread.</summary>
    public abstract int Running { get; }

    /// <summary>Adds the tickets of those that are. Any thread.</summary>
    public abstract void CopyRunning(OldestTickets into);

    /// <summary>No message begins any more. Any thread; more than once.</summary>
    public virtual void Close() { }
}

/// <summary>What is done with messages, in the loop's words.</summary>
internal interface IMessageSteps
{
    /// <summary>
    /// Unpack, dispatch, outcome, watermark, commit. False: the lane ends here. The message's bytes are read before the first await
    /// only, unless they are kept.
    /// </summary>
    ValueTask<bool> HandleAsync(ref readonly Message message, long ticket, ISlot? slot);

    /// <summary>The same with one call for several messages, whose bytes are kept.</summary>
    ValueTask<bool> HandleAsync(IReadOnlyList<Work> batch, ISlot? slot);
}

/// <summary>A message that waits for its turn, with bytes that are safe to keep.</summary>
/// <param name="Message">The message.</param>
/// <param name="Ticket">The watermark's ticket.</param>
internal readonly record struct Work(Message Message, long Ticket);
