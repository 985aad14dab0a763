namespace Handlers;

/// <summary>Reads the dead letters of a topic that are there now, over whatever transport, and puts them back. Used once.</summary>
internal sealed class Redriver(ITransport transport, RedriveRun run)
{
    /// <summary>How long the first lane may take: another member may have to hand it over, or its lease to run out.</summary>
    public static readonly TimeSpan FirstLane = TimeSpan.FromSeconds(60);

    private readonly List<RedriveLane> lanes = [];
    private readonly List<Task<Exception?>> running = [];

    /// <summary>
    /// Completes when what there was at the beginning is put back and committed and the group is left. The first error is thrown when the
    /// other lanes are done; so is <see cref="OperationCanceledException"/> where <paramref name="stop"/> fired, with all that was put
    /// back committed.
    /// </summary>
    public async Task<RedriveResult> RunAsync(CancellationToken stop)
    {
        var began = run.Time.GetUtcNow();
        var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest
            {
                Group = run.Group,
                Topics = [new SubscribedTopic(run.Topic, run.Asked.Since is { } since ? StartPosition.At(since) : StartPosition.Earliest, MessageParts.All)],
                RevokeBudget = run.Options.RevokeBudget,
            },
            stop);
        var failures = new List<Exception>();
        try
        {
            var extents = await ExtentsAsync(stop);
            var flusher = new Flusher(subscription, run.Group, run.Options.CommitAttempts, run.Time, run.Logger);
            using var closing = new CancellationTokenSource();
            try
            {
                await LanesAsync(subscription, lane => new RedriveLane(lane, extents.GetValueOrDefault(lane.Id.Partition), run, transport.Publisher, flusher, began, stop, closing.Token), stop);
            }
            catch (Exception e) when (e is not OperationCanceledException)
            {
                failures.Add(e);
            }

            await closing.CancelAsync();
            failures.AddRange((await Task.WhenAll(running)).OfType<Exception>());
        }
        finally
        {
            await subscription.DisposeAsync();
        }

        foreach (var other in failures.Skip(1)) run.Logger.FailedToo(other, run.Group);
        if (failures.Count > 0) throw failures[0];
        stop.ThrowIfCancellationRequested();
        return run.Tally.Result;
    }

    /// <summary>What each lane has before anything is put back: a letter that fails again at once may come to a lane that was not read yet.</summary>
    private async Task<Dictionary<string, LaneExtent>> ExtentsAsync(CancellationToken stop)
    {
        var lanes = transport.Reader is { } reader ? await reader.LanesAsync(run.Topic, stop) : [];
        return lanes.ToDictionary(static l => l.Partition, StringComparer.Ordinal);
    }

    /// <summary>
    /// Runs each lane that comes, until all are read to their end and no other has come for a while: a transport does not say how many there
    /// will be, and other redrivers may have some.
    /// </summary>
    private async Task LanesAsync(ISubscription subscription, Func<ILane, RedriveLane> begin, CancellationToken stop)
    {
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(stop);
        await using var assigned = subscription.LanesAsync(ended.Token).GetAsyncEnumerator(CancellationToken.None);
        var next = assigned.MoveNextAsync().AsTask();
        var moved = run.Time.GetTimestamp(); // when a lane came, or one ended that others may follow
        while (true)
        {
            if (lanes.Count > 0) await Task.WhenAny(next, Task.WhenAll(lanes.Select(static l => l.AtEnd)));
            if (lanes.RemoveAll(static l => l.IsFinished) > 0) moved = run.Time.GetTimestamp();
            if (!next.IsCompleted) await WaitAsync(next, (running.Count > 0 ? RedriveLane.Patience : FirstLane) - run.Time.GetElapsedTime(moved));
            if (!next.IsCompleted || !await next) break;
            moved = run.Time.GetTimestamp();
            var lane = begin(assigned.Current);
            lanes.Add(lane);
            running.Add(Start(lane));
            next = assigned.MoveNextAsync().AsTask();
        }

        await ended.CancelAsync();
        while (await next)
        {
            await assigned.Current.ReleaseAsync(LaneEnd.Stopped); // came too late
            next = assigned.MoveNextAsync().AsTask();
        }

        if (running.Count == 0 && !stop.IsCancellationRequested)
            throw new TransportException($"No lane of topic '{run.Topic}' came within {FirstLane.TotalSeconds:0} s: other members of group '{run.Group}' have them all. Wait for the redrive that runs there, or stop it.");
    }

    private async Task WaitAsync(Task next, TimeSpan time)
    {
        if (time <= TimeSpan.Zero) return;
        using var over = new CancellationTokenSource();
        await Task.WhenAny(next, Task.Delay(time, run.Time, over.Token));
        await over.CancelAsync();
    }

    private Task<Exception?> Start(RedriveLane lane)
    {
        var ended = new TaskCompletionSource<Exception?>(TaskCreationOptions.RunContinuationsAsynchronously);
        _ = run.StartWork(async () => ended.SetResult(await lane.RunAsync()));
        return ended.Task;
    }
}
