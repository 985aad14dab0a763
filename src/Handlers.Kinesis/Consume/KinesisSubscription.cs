using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Membership of a group: the leases of its streams' shards, and a lane for each that is held.</summary>
internal sealed class KinesisSubscription : ISubscription
{
    private const int CommitsAtOnce = 32;

    private readonly SubscriptionRequest request;
    private readonly List<StreamLeases> streams = [];
    private ICheckpointStore? checkpoints;
    private readonly Channel<ILane> lanes = Channel.CreateUnbounded<ILane>();
    private int enumerated;
    private int failed;    // 1: the first error has ended it
    private int closed;    // 1: it has left, or is about to
    private volatile bool leaving;

    public KinesisSubscription(KinesisTransport transport, SubscriptionRequest request)
    {
        Transport = transport;
        this.request = request;
    }

    public KinesisTransport Transport { get; }

    public string Group => request.Group;

    public TimeSpan RevokeBudget => request.RevokeBudget;

    public ILogger Log => Transport.Log;

    /// <summary>It takes no more lanes: its member stops, and would be handed back what it releases.</summary>
    public bool IsLeaving => leaving;

    public SubscriptionState State => new(streams.Max(static s => s.RenewalAge));

    /// <summary>Checks streams and tables, makes what may be made.</summary>
    public async ValueTask PrepareAsync(CancellationToken stop)
    {
        checkpoints = Transport.Checkpoints();
        foreach (var topic in request.Topics)
        {
            var stream = Transport.StreamOf(topic.Topic);
            var leases = new StreamLeases(this, topic, stream, Transport.Leases(Group, stream, checkpoints, Transport.OnlyShardOf(topic.Topic)), Transport.Rhythm);
            streams.Add(leases);
            await leases.PrepareAsync(stop);
        }
    }

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        if (Interlocked.Exchange(ref enumerated, 1) != 0) throw new InvalidOperationException("The lanes of a subscription are enumerated once.");
        try
        {
            if (stop.IsCancellationRequested) yield break;
            foreach (var stream in streams) stream.Begin();
            while (await MoreAsync(stop))
                while (!stop.IsCancellationRequested && lanes.Reader.TryRead(out var lane))
                    yield return lane;
        }
        finally
        {
            leaving = true;
            lanes.Writer.TryComplete();
            while (lanes.Reader.TryRead(out var unseen)) await unseen.ReleaseAsync(LaneEnd.Stopped);
        }
    }

    public async ValueTask FlushAsync(CancellationToken stop)
    {
        if (Volatile.Read(ref closed) != 0) return;
        Exception? failure = null;
        // Some at once: each is a call of its own, and each call has its time limit. All are done before anything is said of one.
        foreach (var some in streams.SelectMany(static s => s.Lanes).Chunk(CommitsAtOnce))
        {
            foreach (var commit in some.Select(lane => lane.CommitAsync(stop)).ToList())
            {
                try
                {
                    await commit;
                }
                catch (Exception e)
                {
                    failure ??= e;
                }
            }
        }

        if (failure is TransportException or OperationCanceledException) throw failure;
        if (failure is not null) throw new TransportException($"The checkpoints of group '{Group}' could not be written.", failure) { Kind = TransportErrorKind.Positions };
    }

    public async ValueTask LookAsync(CancellationToken stop)
    {
        foreach (var stream in streams)
        {
            if (!await stream.LookAsync().WaitAsync(stop))
                throw new TransportException($"Stream '{stream.Stream}' has shards that are about to be read by group '{Group}'.") { IsTransient = true };
            // A lane that is paused fetches nothing, and knows no more than before.
            foreach (var lane in stream.Lanes)
            {
                try
                {
                    await lane.NextFetch().WaitAsync(Transport.LookTime, Transport.Time, stop);
                }
                catch (TimeoutException)
                {
                    throw new TransportException($"Lane {lane.Id} of group '{Group}' is not read now.") { IsTransient = true };
                }
            }
        }
    }

    public async ValueTask PingAsync(CancellationToken stop)
    {
        foreach (var stream in streams) await stream.PingAsync(stop);
    }

    /// <summary>A lane to read. False: nobody reads lanes any more.</summary>
    public bool Yield(KinesisLane lane) => lanes.Writer.TryWrite(lane);

    /// <summary>A lane has ended.</summary>
    public ValueTask ReleaseAsync(KinesisLane lane, LaneEnd end)
    {
        if (end == LaneEnd.Stopped) leaving = true; // a member that stops does not want its lanes back at once
        return lane.Stream.ReleaseAsync(lane, Volatile.Read(ref closed) != 0 ? LaneEnd.Lost : end);
    }

    /// <summary>The transport cannot go on. The first error counts.</summary>
    public void Fail(Exception error)
    {
        if (Interlocked.Exchange(ref failed, 1) != 0) return;
        KinesisLogs.SubscriptionFailed(Log, Group, error);
        lanes.Writer.TryComplete(error as TransportException ?? new TransportException($"Group '{Group}' cannot go on: {error.Message}", error));
    }

    public ValueTask DisposeAsync() => CloseAsync(abandons: false);

    /// <summary>Leaves nothing in order, as the end of the process would.</summary>
    public ValueTask AbandonAsync() => CloseAsync(abandons: true);

    private async ValueTask CloseAsync(bool abandons)
    {
        if (Interlocked.Exchange(ref closed, 1) != 0) return;
        leaving = true;
        lanes.Writer.TryComplete();
        foreach (var stream in streams)
        {
            await stream.CloseAsync(abandons);
            await stream.Store.DisposeAsync();
        }

        if (checkpoints is not null) await checkpoints.DisposeAsync();
        Transport.Left(this);
    }

    private async ValueTask<bool> MoreAsync(CancellationToken stop)
    {
        try
        {
            return await lanes.Reader.WaitToReadAsync(stop);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            return false;
        }
    }
}
