namespace Handlers;

/// <summary>
/// Messages that are ready to be handled, of all lanes of one topic, and the workers that take them: at most
/// <see cref="Concurrency"/> at once. Lanes take turns, so that one with much to do holds up no other.
/// </summary>
/// <remarks>
/// A worker is a slot: it takes a message, handles it, takes the next. A synchronous handler so runs beside others, and an asynchronous
/// one holds no thread. Invariants: a lane is among <see cref="turns"/> once, and while it has a message that may begin it is there;
/// <see cref="slots"/> counts those in use. <see cref="Gate"/> guards every field here and in the lanes' queues; nothing of the user's runs
/// under it.
/// </remarks>
internal sealed class WorkQueue(int concurrency, StartWork startWork) : ISlot
{
    private readonly Queue<LaneQueue> turns = new();
    private readonly Queue<TaskCompletionSource> waiting = new(); // messages that left their slot and want one again
    private int concurrency = concurrency;
    private int slots;

    public Lock Gate { get; } = new();

    /// <summary>The most messages at once. Lowered, it holds when those under way beyond it are done.</summary>
    public int Concurrency
    {
        get
        {
            lock (Gate) return concurrency;
        }
        set
        {
            int starting;
            lock (Gate)
            {
                concurrency = value;
                while (slots < concurrency && waiting.TryDequeue(out var next))
                    if (next.TrySetResult()) slots++;
                starting = TakeSlots(int.MaxValue);
            }

            Start(starting);
        }
    }

    /// <summary>Messages under way.</summary>
    public int InUse
    {
        get
        {
            lock (Gate) return slots;
        }
    }

    /// <summary>
    /// The lane has so many messages more that may begin. Under the gate; <see cref="Start"/> follows with what it returns, outside
    /// of it.
    /// </summary>
    public int Ready(LaneQueue lane, int messages)
    {
        if (!lane.MayBegin) return 0;
        if (!lane.HasTurn) turns.Enqueue(lane);
        lane.HasTurn = true;
        return TakeSlots(messages);
    }

    /// <summary>Starts workers whose slots are taken.</summary>
    public void Start(int workers)
    {
        for (; workers > 0; workers--) _ = startWork(WorkAsync);
    }

    /// <summary>The message waits for something else than its handler, and leaves its slot to others.</summary>
    public void Leave()
    {
        int starting;
        lock (Gate) starting = PassOn();
        Start(starting);
    }

    /// <summary>
    /// A slot again, in the order of asking. When <paramref name="stop"/> fires it is had at once, beyond the limit even: the message has
    /// nothing left to do but to end.
    /// </summary>
    public async ValueTask EnterAsync(CancellationToken stop)
    {
        TaskCompletionSource granted;
        lock (Gate)
        {
            if (slots < concurrency || stop.IsCancellationRequested)
            {
                slots++;
                return;
            }

            granted = new(TaskCreationOptions.RunContinuationsAsynchronously);
            waiting.Enqueue(granted);
        }

        // Given or canceled, whichever is first: a slot is never given to one that has gone.
        using var canceled = stop.UnsafeRegister(static s => ((TaskCompletionSource)s!).TrySetCanceled(), granted);
        await ((Task)granted.Task).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        if (!granted.Task.IsCanceled) return;
        lock (Gate) slots++;
    }

    private async Task WorkAsync()
    {
        LaneQueue? lane = null;
        LaneItem item = default;
        while (TryNext(ref lane, ref item)) await lane!.HandleAsync(item);
    }

    /// <summary>Ends one message and takes the next. False: the worker ends, and its slot is another's or nobody's.</summary>
    private bool TryNext(ref LaneQueue? lane, ref LaneItem item)
    {
        int starting;
        lock (Gate)
        {
            lane?.Done(in item);
            if (waiting.Count == 0 && slots <= concurrency && TryTake(out lane, out item)) return true;
            starting = PassOn();
        }

        Start(starting);
        return false;
    }

    private bool TryTake(out LaneQueue? lane, out LaneItem item)
    {
        while (turns.TryDequeue(out lane))
        {
            lane.HasTurn = false;
            if (!lane.MayBegin) continue; // paused or closed since
            item = lane.Take();
            if (!lane.MayBegin) return true;
            lane.HasTurn = true;
            turns.Enqueue(lane);
            return true;
        }

        item = default;
        return false;
    }

    /// <summary>A slot is free: for one that waits, or a new worker, or nobody. Under the gate.</summary>
    private int PassOn()
    {
        if (slots <= concurrency)
        {
            while (waiting.TryDequeue(out var next))
                if (next.TrySetResult()) return 0;
            if (turns.Count > 0) return 1;
        }

        slots--;
        return 0;
    }

    private int TakeSlots(int messages)
    {
        var free = Math.Max(0, concurrency - slots);
        var ready = free == 0 || messages <= free ? messages : turns.Sum(static lane => lane.MayBeginCount);
        var taken = Math.Min(free, Math.Min(messages, ready));
        slots += taken;
        return taken;
    }
}
