namespace Handlers;

/// <summary>
/// The messages of one lane and assignment that wait for a worker; with order by key, behind the message of their key that is
/// under way. The work queue's gate guards every field.
/// </summary>
/// <param name="queue">Whose workers take them.</param>
/// <param name="steps">What is done with a message.</param>
/// <param name="byKey">Whether a key's messages are handled one at a time, in their order.</param>
/// <param name="ended">Called once, outside of the gate, when a message ends the lane.</param>
internal sealed class LaneQueue(WorkQueue queue, IMessageSteps steps, bool byKey, Action ended)
{
    private readonly Queue<LaneItem> ready = new();
    private readonly Dictionary<Bytes, Queue<LaneItem>?> busy = new(KeyBytes.Comparer); // keys under way, each with what waits behind
    private readonly RunningItems running = new();
    private readonly TaskCompletionSource idle = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int parked; // messages behind a busy key
    private int taken;  // items under way: of lists each is one
    private int limit = int.MaxValue;
    private bool paused;
    private bool draining; // no more messages come
    private bool closed;   // none begins any more
    private Exception? failure;

    /// <summary>Whether the work queue has it among its turns. The work queue's field.</summary>
    public bool HasTurn { get; set; }

    public bool MayBegin => !paused && ready.Count > 0 && taken < limit;

    /// <summary>How many may. Never below zero, as a limit that was lowered under what runs would have it: others' are added to it.</summary>
    public int MayBeginCount => paused ? 0 : Math.Clamp(limit - taken, 0, ready.Count);

    /// <summary>Messages under way. Outside of the gate.</summary>
    public int Running
    {
        get
        {
            lock (queue.Gate) return running.Messages;
        }
    }

    /// <summary>Adds the tickets of what is under way. Outside of the gate.</summary>
    public void CopyRunning(OldestTickets into)
    {
        lock (queue.Gate) running.CopyTo(into);
    }

    /// <summary>The most of its messages at once. Outside of the gate.</summary>
    public void Limit(int most) => Change(() => limit = most);

    /// <summary>
    /// No message begins while it is paused. Asked under the gate, so that of several who tell it the last finds what is the case. Outside of the
    /// gate.
    /// </summary>
    public void Pause(LanePause pause) => Change(() => paused = pause.IsPaused);

    /// <summary>Takes messages in. Outside of the gate.</summary>
    public void Add(MessageBatch batch, Range part, long firstTicket) => Change(() =>
    {
        var (first, count) = part.GetOffsetAndLength(batch.Count);
        for (var i = first; i < first + count && !closed; i++) Place(new LaneItem(new Work(batch[i].Keep(), firstTicket + i)));
    });

    /// <summary>Takes a list in that is handled with one call. Outside of the gate.</summary>
    public void Add(IReadOnlyList<Work> batch) => Change(() =>
    {
        if (!closed) ready.Enqueue(new LaneItem(Batch: batch));
    });

    /// <summary>
    /// Completes when all is handled; once <paramref name="stop"/> fires, nothing more begins and it completes when what is under way has
    /// ended. Throws what ended the lane.
    /// </summary>
    public async Task DrainAsync(CancellationToken stop)
    {
        lock (queue.Gate)
        {
            draining = true;
            Settle();
        }

        using var closing = stop.UnsafeRegister(static s => ((LaneQueue)s!).Close(), this);
        await idle.Task;
        if (failure is not null) System.Runtime.ExceptionServices.ExceptionDispatchInfo.Throw(failure);
    }

    /// <summary>Handles one message; a worker's call. Never throws.</summary>
    public async ValueTask HandleAsync(LaneItem item)
    {
        var goOn = false;
        Exception? thrown = null;
        var message = item.Work.Message;
        try
        {
            goOn = await (item.Batch is { } batch ? steps.HandleAsync(batch, queue) : steps.HandleAsync(in message, item.Work.Ticket, queue));
        }
        catch (Exception e)
        {
            thrown = e;
        }

        if (!goOn) End(thrown);
    }

    /// <summary>A message begins. Under the gate.</summary>
    public LaneItem Take()
    {
        taken++;
        var item = ready.Dequeue();
        item.Slot = running.Add(in item);
        return item;
    }

    /// <summary>A message has ended: the next of its key may begin. Under the gate.</summary>
    public void Done(in LaneItem item)
    {
        taken--;
        running.Remove(in item);
        if (byKey && item.Batch is null && !item.Work.Message.Key.IsNull) Next(item.Work.Message.Key);
        queue.Ready(this, 0);
        Settle();
    }

    private void Place(in LaneItem item)
    {
        if (!byKey || item.Work.Message.Key.IsNull || busy.TryAdd(item.Work.Message.Key, null))
        {
            ready.Enqueue(item);
            return;
        }

        var behind = busy[item.Work.Message.Key] ??= new Queue<LaneItem>();
        behind.Enqueue(item);
        parked++;
    }

    private void Next(Bytes key)
    {
        if (closed || busy[key] is not { Count: > 0 } behind)
        {
            busy.Remove(key);
            return;
        }

        parked--;
        ready.Enqueue(behind.Dequeue());
    }

    /// <summary>No message begins any more. Outside of the gate.</summary>
    public void Close()
    {
        lock (queue.Gate)
        {
            closed = true;
            ready.Clear();
            busy.Clear(); // a handler that never returns is not to keep what waits behind its key
            parked = 0;
            Settle();
        }
    }

    private void End(Exception? thrown)
    {
        bool first;
        lock (queue.Gate)
        {
            failure ??= thrown;
            first = !closed;
        }

        Close();
        if (first) ended();
    }

    private void Settle()
    {
        if ((draining || closed) && taken == 0 && ready.Count + parked == 0) idle.TrySetResult();
    }

    private void Change(Action change)
    {
        int starting;
        lock (queue.Gate)
        {
            var before = MayBeginCount;
            change();
            starting = queue.Ready(this, Math.Max(0, MayBeginCount - before));
        }

        queue.Start(starting);
    }
}

/// <summary>What a worker takes: a message, or a list of them.</summary>
internal record struct LaneItem(Work Work = default, IReadOnlyList<Work>? Batch = null)
{
    /// <summary>Its place among what is under way.</summary>
    public int Slot { get; set; }
}

/// <summary>Keys by all of their bytes, never by a number made of them.</summary>
internal sealed class KeyBytes : IEqualityComparer<Bytes>
{
    public static KeyBytes Comparer { get; } = new();

    public bool Equals(Bytes x, Bytes y) => x.Span.SequenceEqual(y.Span);

    public int GetHashCode(Bytes key)
    {
        var hash = new HashCode();
        hash.AddBytes(key.Span);
        return hash.ToHashCode();
    }
}
