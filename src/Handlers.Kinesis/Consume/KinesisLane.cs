using System.Diagnostics.CodeAnalysis;

namespace Handlers.Kinesis;

/// <summary>A shard while its lease is this process's.</summary>
/// <remarks>
/// The reader is used by one read at a time, and by seeks, which never run beside one. What the loop, flushes and the lease's rounds share is under
/// <c>gate</c>.
/// </remarks>
[SuppressMessage("Design", "CA1001", Justification = "A token source without a timer holds nothing; readers may look at Lost after the end.")]
internal sealed class KinesisLane : ILane
{
    private readonly KinesisSubscription subscription;
    private readonly StreamLanes stream;
    private readonly CancellationTokenSource lost = new();
    private readonly TaskCompletionSource<Revocation> revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Turn moving = new(); // commits and seeks: what was to be committed before a seek must not come after it
    private readonly Lock gate = new();
    private IShardReader reader;         // the loop's; a seek puts another in its place
    private CancellationTokenSource fetchStop; // of the fetch under way
    private (Position First, Position Last)? given; // the loop's; handed out since it began, or began anew
    private Task<ShardRead>? fetching;   // the loop's; it goes on where the read that waited for it was given up, and the next read has what it brings
    private LaneId id;                   // guarded by gate, as all below
    private Position? stored;
    private Position? durable;
    private (Position First, Position Last)? former; // handed out before it began anew, and not stored by then: who stores it now speaks of before
    private bool released;
    private TaskCompletionSource fetched = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public KinesisLane(KinesisSubscription subscription, StreamLanes stream, HeldLease lease, LaneId id, IShardReader reader)
    {
        this.subscription = subscription;
        this.stream = stream;
        this.id = id;
        this.reader = reader;
        fetchStop = CancellationTokenSource.CreateLinkedTokenSource(lost.Token);
        Lease = lease;
    }

    /// <summary>What lets it be read.</summary>
    public HeldLease Lease { get; }

    /// <summary>Where its lease is.</summary>
    public StreamLanes Stream => stream;

    public LaneId Id
    {
        get
        {
            lock (gate) return id;
        }
    }

    public LaneState State
    {
        get
        {
            lock (gate) return reader.State;
        }
    }

    /// <summary>It was read to its end, and is not released yet.</summary>
    public bool HasEnded { get; private set; }

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    /// <summary>The shards that came of it, when it was read to its end.</summary>
    public IReadOnlyList<Shard> Children => reader.Children;

    public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        if (IsGone()) return ValueTask.FromException<bool>(Gone());
        // While a fetch is under way, which a read left behind, the reader is that one's.
        return fetching is null && Take(into) ? new(true) : FetchAndTakeAsync(into, stop);
    }

    public void Store(Position handled)
    {
        lock (gate)
        {
            if (released || lost.IsCancellationRequested) return;
            if (former is { } old && handled >= old.First && handled <= old.Last) return;
            former = null; // stored in the order of reading: with the first of what came since, nothing of before comes any more
            if (stored is not { } before || handled > before) stored = handled;
        }
    }

    public async ValueTask SeekAsync(StartPosition to, CancellationToken stop)
    {
        if (IsGone()) throw NotOurs();
        if (to.After is { Sequence: null } bare) throw new TransportException($"Lane {Id} has no position {bare}: a position of Kinesis is a sequence number, with the number of the record within it.") { IsRefused = true };
        var from = stream.Shards.Resolve(to);
        var next = await stream.Shards.OpenAsync(Lease.Shard, from, isNew: from.Kind == CheckpointKind.Latest, stop); // refused here, where there is no such position
        try
        {
            await moving.TakeAsync(stop);
            try
            {
                if (!await stream.MoveAsync(this, from, stop)) throw NotOurs();
                await EndFetchAsync();
                fetchStop = CancellationTokenSource.CreateLinkedTokenSource(lost.Token);
                lock (gate)
                {
                    (reader, next) = (next, reader);
                    stored = durable = from.Kind == CheckpointKind.After ? from.Handled : null;
                    former = given = null; // what was before a seek is not stored after it: the loop sees to that
                    id = id with { Epoch = subscription.Transport.Epochs.Next() };
                }
            }
            finally
            {
                moving.End();
            }
        }
        finally
        {
            await next.DisposeAsync(); // the one before; where it failed, the new one
        }
    }

    public async ValueTask ReleaseAsync(LaneEnd end)
    {
        lock (gate)
        {
            if (released) return;
            released = true;
            fetched.TrySetResult();
        }

        await EndFetchAsync();
        try
        {
            await subscription.ReleaseAsync(this, end);
        }
        finally
        {
            await reader.DisposeAsync();
        }
    }

    /// <summary>Ends as it would with the process: nothing is written, and what the reader has open is closed. It is not used any more.</summary>
    public async ValueTask AbandonAsync()
    {
        Lose();
        await EndFetchAsync();
        await reader.DisposeAsync();
    }

    /// <summary>Makes durable what is stored, where there is something new.</summary>
    public async Task CommitAsync(CancellationToken stop)
    {
        if (ToCommit() is null) return;
        await moving.TakeAsync(stop);
        try
        {
            if (ToCommit() is not { } handled || !await stream.CheckpointAsync(this, handled, stop)) return;
            lock (gate)
            {
                if (durable is not { } before || handled > before) durable = handled;
            }
        }
        finally
        {
            moving.End();
        }
    }

    /// <summary>Another worker wants it.</summary>
    public bool Revoke(DateTimeOffset deadline) => revoked.TrySetResult(new Revocation(deadline));

    /// <summary>It is another's. Callbacks run elsewhere.</summary>
    public void Lose()
    {
        _ = lost.CancelAsync();
        lock (gate) fetched.TrySetResult();
    }

    /// <summary>Completes with the first fetch that begins from now on, or with the lane's end.</summary>
    public Task NextFetch()
    {
        lock (gate) return released || lost.IsCancellationRequested ? Task.CompletedTask : fetched.Task;
    }

    private async ValueTask<bool> FetchAndTakeAsync(MessageBatch into, CancellationToken stop)
    {
        while (true)
        {
            var fetch = fetching ??= FetchAsync();
            ShardRead read;
            try
            {
                read = await fetch.WaitAsync(stop);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                throw; // the fetch goes on
            }
            catch (Exception e)
            {
                fetching = null;
                if (e is OperationCanceledException && lost.IsCancellationRequested) throw Gone();
                throw;
            }

            fetching = null;
            if (read == ShardRead.StartedOver) await StartOverAsync(stop);
            if (read == ShardRead.End)
            {
                HasEnded = true;
                return false;
            }

            if (Take(into)) return true;
        }
    }

    private bool Take(MessageBatch into)
    {
        if (!reader.TryTake(into)) return false;
        given = (given?.First ?? into[0].Position, into[into.Count - 1].Position);
        return true;
    }

    private async Task<ShardRead> FetchAsync()
    {
        TaskCompletionSource looked;
        lock (gate)
        {
            // Who asks for a look while this one is under way waits for the next.
            looked = fetched;
            fetched = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            return await reader.FetchAsync(subscription.Transport.Options.FetchRecords, fetchStop.Token);
        }
        finally
        {
            looked.TrySetResult();
        }
    }

    /// <summary>Nothing uses the reader when it has ended.</summary>
    private async Task EndFetchAsync()
    {
        await fetchStop.CancelAsync();
        if (fetching is { } under) await ((Task)under).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        fetching = null;
        fetchStop.Dispose();
    }

    /// <summary>The position was refused and the shard begins anew: what was committed counts for nothing any more, nor does what handlers of then still store.</summary>
    private async ValueTask StartOverAsync(CancellationToken stop)
    {
        await moving.TakeAsync(stop);
        try
        {
            if (!await stream.MoveAsync(this, stream.Shards.From, stop)) throw NotOurs();
            lock (gate)
            {
                if (given is { } old && !(stored >= old.Last)) former = (Least(former?.First, old.First), Most(former?.Last, old.Last));
                given = null;
                stored = durable = null;
            }
        }
        finally
        {
            moving.End();
        }
    }

    private static Position Least(Position? one, Position other) => one < other ? one.Value : other;

    private static Position Most(Position? one, Position other) => one > other ? one.Value : other;

    private Position? ToCommit()
    {
        lock (gate) return released || lost.IsCancellationRequested || stored == durable ? null : stored;
    }

    private bool IsGone()
    {
        lock (gate) return released || lost.IsCancellationRequested;
    }

    private Exception Gone() => lost.IsCancellationRequested ? new OperationCanceledException(lost.Token) : new TransportException($"Lane {Id} was released and cannot be read any more.");

    private TransportException NotOurs() => new($"Lane {Id} is not this process's any more.");
}
