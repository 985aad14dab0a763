namespace Handlers;

/// <summary>
/// Gathers messages for handlers of lists: a list goes to the work queue when it is full, or when its first message has waited long
/// enough. With order by lane the queue's limit of one keeps lists in their order.
/// </summary>
internal sealed class BatchOrder : Order
{
    private readonly LaneQueue queue;
    private readonly int size;
    private readonly TimeSpan longest;
    private readonly bool inOrder;
    private readonly ITimer timer;
    private readonly Lock gate = new();
    private List<Work> gathered = []; // guarded by gate: the loop adds, the timer takes

    public BatchOrder(LaneQueue queue, int size, TimeSpan longest, bool inOrder, TimeProvider time)
    {
        this.queue = queue;
        this.size = size;
        this.longest = longest;
        this.inOrder = inOrder;
        timer = time.CreateTimer(static order => ((BatchOrder)order!).Gathered(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
    }

    public override ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop)
    {
        var (first, count) = part.GetOffsetAndLength(batch.Count);
        for (var i = first; i < first + count; i++)
        {
            lock (gate)
            {
                gathered.Add(new Work(batch[i].Keep(), firstTicket + i));
                if (gathered.Count == 1) timer.Change(longest, Timeout.InfiniteTimeSpan);
                if (gathered.Count == size) Go();
            }
        }

        return new(!stop.IsCancellationRequested);
    }

    private void Gathered()
    {
        lock (gate)
        {
            if (gathered.Count > 0) Go();
        }
    }

    public override Task DrainAsync(CancellationToken stop)
    {
        if (!stop.IsCancellationRequested) Gathered();
        return queue.DrainAsync(stop);
    }

    public override void Flush() => Gathered();

    /// <summary>With order by lane one list at a time is all there is.</summary>
    public override void Limit(int most)
    {
        if (!inOrder) queue.Limit(most);
    }

    public override int Running => queue.Running;

    public override void CopyRunning(OldestTickets into) => queue.CopyRunning(into);

    public override void Close()
    {
        timer.Dispose();
        queue.Close();
    }

    // Under the gate, so that lists reach the queue in their order.
    private void Go()
    {
        timer.Change(Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        var list = gathered;
        gathered = [];
        queue.Add(list);
    }
}
