namespace Handlers;

/// <summary>One at a time, in the order of the lane, on the lane's own loop.</summary>
internal sealed class LaneOrder(IMessageSteps steps, LanePause pause) : Order
{
    private volatile bool closed;
    private bool busy; // written by the loop

    public override async ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop)
    {
        var (first, count) = part.GetOffsetAndLength(batch.Count);
        for (var i = first; i < first + count; i++)
        {
            if (pause.IsPaused && !await pause.WaitAsync(stop)) return false;
            if (stop.IsCancellationRequested || closed) return false;
            Volatile.Write(ref busy, true);
            var goOn = await steps.HandleAsync(in batch[i], firstTicket + i, slot: null);
            Volatile.Write(ref busy, false);
            if (!goOn) return false;
        }

        return true;
    }

    public override bool IsBusy => Volatile.Read(ref busy);

    public override Task DrainAsync(CancellationToken stop) => Task.CompletedTask;

    public override void Close() => closed = true;
}
