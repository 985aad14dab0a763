namespace Handlers;

/// <summary>A lane's end, whatever led to it: nothing completes any more, what is handled is committed, unless the lane was lost, and the lane is given back.</summary>
internal static class HandOver
{
    /// <param name="lane">The lane.</param>
    /// <param name="end">Why it ends.</param>
    /// <param name="route">What handled its messages.</param>
    /// <param name="loop">Its last loop, which has run, or was given up.</param>
    /// <param name="parts">What the loops of the subscription share.</param>
    /// <param name="failed">Told what goes wrong.</param>
    /// <param name="stop">Fires when the time to commit is over.</param>
    /// <returns>How it ended: it may have been lost on the way.</returns>
    public static async Task<LaneEnd> EndAsync(ILane lane, LaneEnd end, LaneRoute route, ConsumerLoop loop, LaneParts parts, Action<Exception> failed, CancellationToken stop)
    {
        if (loop.Close() is > 0 and var owed) parts.Logger.NotDispatched(route.Name, lane.Id, owed);
        var committed = false;
        try
        {
            if (end != LaneEnd.Lost) await loop.Commit.AtEndAsync(stop);
            committed = true;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested && (end == LaneEnd.Revoked || parts.Options.StopBudget == TimeSpan.Zero))
        {
            parts.Logger.CommitTooLate(route.Name, lane.Id); // time is over, which is the broker's or the operator's will and no error
        }
        catch (Exception e)
        {
            if (!lane.Lost.IsCancellationRequested) failed(new TransportException(
                $"The last commit of lane {lane.Id} of group '{route.Group}' failed; what was handled since the last one will be handled again.", e));
        }

        loop.Commit.Abandon();
        if (lane.Lost.IsCancellationRequested) end = LaneEnd.Lost;
        else if (!committed && end == LaneEnd.Finished) end = lane.Revoked.IsCompleted ? LaneEnd.Revoked : LaneEnd.Stopped; // nobody else would come back to it
        await ReleaseAsync(lane, end, route, parts, failed);
        return end;
    }

    private static async Task ReleaseAsync(ILane lane, LaneEnd end, LaneRoute route, LaneParts parts, Action<Exception> failed)
    {
        try
        {
            var released = lane.ReleaseAsync(end).AsTask();
            // A lane's end may have to wait until its broker answers again, and nobody waits for this but a stop.
            if (end == LaneEnd.Finished) await released.OrStopAsync(parts.Stop.Intake);
            await released.WaitAsync(parts.LeaveLimit, parts.Time);
        }
        catch (TimeoutException)
        {
            failed(new TransportException($"The transport did not release lane {lane.Id} of group '{route.Group}' within {parts.LeaveLimit.TotalSeconds:0} s."));
        }
        catch (Exception e)
        {
            failed(e);
        }
    }
}
