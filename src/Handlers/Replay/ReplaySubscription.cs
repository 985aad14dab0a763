using System.Runtime.CompilerServices;

namespace Handlers;

/// <summary>A group's part in a replay: its lanes come by themselves, and there are no others behind them.</summary>
internal sealed class ReplaySubscription(ReplayTransport transport, ReplayGroup group, IReadOnlyList<LaneExtent> extents) : ISubscription
{
    /// <summary>Lanes that are read at once: a broker may have thousands, and each costs a client.</summary>
    private const int Most = 16;

    private readonly Lock gate = new();
    private readonly List<ReplayLane> lanes = []; // guarded by gate
    private long epoch;

    /// <summary>Lanes that are closed first, one after the other: their messages are older than those of the lanes that came of them.</summary>
    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        foreach (var extent in extents.OrderByDescending(static e => e.IsClosed).Where(e => !group.IsFinished(e.Partition)))
        {
            if (await OpenAsync(extent, stop) is not { } lane) yield break;
            yield return lane;
            if (!extent.IsClosed) continue;
            await lane.Released.WaitAsync(stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!group.IsFinished(extent.Partition)) yield break; // what came of it must wait
        }
    }

    public async ValueTask FlushAsync(CancellationToken stop)
    {
        List<ReplayLane> all;
        lock (gate) all = [.. lanes];
        foreach (var lane in all)
        {
            if (lane.Stored is not { } stored) continue;
            var outputs = lane.Outputs;
            if (outputs.Count > 0) await transport.Publisher.PublishAsync(outputs, stop);
            lane.Published(outputs.Count);
            group.Commit(lane.Id.Partition, stored);
        }
    }

    public async ValueTask DisposeAsync()
    {
        List<ReplayLane> all;
        lock (gate) all = [.. lanes];
        foreach (var lane in all) await lane.ReleaseAsync(LaneEnd.Stopped);
        transport.Left(group);
    }

    /// <summary>Null: it is to stop.</summary>
    private async ValueTask<ReplayLane?> OpenAsync(LaneExtent extent, CancellationToken stop)
    {
        try
        {
            while (true)
            {
                List<Task> running;
                lock (gate) running = [.. lanes.Where(static l => !l.Released.IsCompleted).Select(static l => l.Released)];
                if (running.Count < Most) break;
                await Task.WhenAny(running).WaitAsync(stop);
            }

            var lane = await transport.OpenAsync(extent, group, ++epoch, stop);
            lane.Finished += () => group.Finish(extent.Partition);
            lock (gate) lanes.Add(lane);
            return lane;
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return null;
        }
    }
}
