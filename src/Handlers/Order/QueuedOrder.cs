namespace Handlers;

/// <summary>Order by key, and none: messages go to the work queue, and the loop goes on reading.</summary>
internal sealed class QueuedOrder(LaneQueue queue) : Order
{
    public override ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop)
    {
        queue.Add(batch, part, firstTicket);
        return new(!stop.IsCancellationRequested);
    }

    public override Task DrainAsync(CancellationToken stop) => queue.DrainAsync(stop);

    public override void Limit(int most) => queue.Limit(most);

    public override int Running => queue.Running;

    public override void CopyRunning(OldestTickets into) => queue.CopyRunning(into);

    public override void Close() => queue.Close();
}
