namespace Handlers;

/// <summary>One at a time, in the order of the lane, on the lane's own loop.</summary>
internal sealed class LaneOrder(IMessageSteps steps, LanePause pause) : Order
{
    private const long None = -1;

    private volatile bool closed;
    private long running = None; // the ticket of the message under way. Written by the loop

    public override async ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop)
    {
        var (first, count) = part.GetOffsetAndLength(batch.Count);
        for (var i = first; i < first + count; i++)
        {
            if (pause.IsPaused && !await pause.WaitAsync(stop)) return false;
            if (stop.IsCancellationRequested || closed) return false;
            Volatile.Write(ref running, firstTicket + i);
            var goOn = await steps.HandleAsync(in batch[i], firstTicket + i, slot: null);
            Volatile.Write(ref running, None);
            if (!goOn) return false;
        }

        return true;
    }

    public override int Running => Volatile.Read(ref running) == None ? 0 : 1;

    public override void CopyRunning(OldestTickets into)
    {
        if (Volatile.Read(ref running) is not None and var ticket) into.Add(ticket);
    }

    public override Task DrainAsync(CancellationToken stop) => Task.CompletedTask;

    public override void Close() => closed = true;
}
