namespace Handlers;

/// <summary>One at a time, in the order of the lane, on the lane's own loop.</summary>
internal sealed class LaneOrder(IMessageSteps steps, LanePause pause) : Order
{
    private volatile bool closed;

    public override async ValueTask<bool> RunAsync(MessageBatch batch, Range part, long firstTicket, CancellationToken stop)
    {
        var (first, count) = part.GetOffsetAndLength(batch.Count);
        for (var i = first; i < first + count; i++)
        {
            if (pause.IsPaused && !await pause.WaitAsync(stop)) return false;
            if (stop.IsCancellationRequested || closed) return false;
            if (!await steps.HandleAsync(in batch[i], firstTicket + i, slot: null)) return false;
        }

        return true;
    }

    public override Task DrainAsync(CancellationToken stop) => Task.CompletedTask;

    public override void Close() => closed = true;
}
