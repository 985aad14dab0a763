using System.Diagnostics.CodeAnalysis;
using System.Globalization;

namespace Handlers.Embedded;

/// <summary>A partition in one assignment to this process.</summary>
/// <remarks>
/// <c>reader</c> is used by one read at a time, and by seeks, which never run beside one. What handlers, heartbeat and writer
/// share is under <c>gate</c>.
/// </remarks>
[SuppressMessage("Design", "CA1001:Types that own disposable fields should be disposable", Justification = "A token source without a timer holds nothing; readers may look at Lost after the end.")]
internal sealed class EmbeddedLane : ITransactionalLane
{
    private readonly EmbeddedSubscription subscription;
    private readonly PartitionEnd end;
    private readonly LaneReader reader;
    private readonly CancellationTokenSource lost = new();
    private readonly TaskCompletionSource<Revocation> revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private LaneId id;
    private readonly List<OutgoingMessage> outputs = []; // what becomes durable with the stored position
    private long? stored;
    private long committed;
    private long revokedAt;
    private TimeSpan revokeBudget;
    private bool released;
    private Exception? failure;

    public EmbeddedLane(EmbeddedSubscription subscription, LaneId id, long partition, long handled, MessageParts reads)
    {
        this.subscription = subscription;
        this.id = id;
        Partition = partition;
        committed = handled;
        end = subscription.Ends.Of(partition);
        reader = new LaneReader(subscription, this, end, handled, reads);
    }

    /// <summary>The partition's id in the file.</summary>
    public long Partition { get; }

    public LaneId Id
    {
        get
        {
            lock (gate) return id;
        }
    }

    public long Epoch => Id.Epoch;

    private bool IsGone
    {
        get
        {
            lock (gate) return released || lost.IsCancellationRequested;
        }
    }

    /// <summary>Whether it is on its way out: revoked, released, lost.</summary>
    public bool IsLeaving
    {
        get
        {
            lock (gate) return released || revoked.Task.IsCompleted || lost.IsCancellationRequested;
        }
    }

    public LaneState State => reader.State;

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    public static LaneId IdOf(Topic topic, int number, long epoch) => new(topic.Name, number.ToString(CultureInfo.InvariantCulture), epoch);

    public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        if (stop.IsCancellationRequested) return ValueTask.FromCanceled<bool>(stop);
        try
        {
            return TryRead(into) ? new ValueTask<bool>(true) : WaitAndReadAsync(into, stop);
        }
        catch (TransportException e) when (e.IsTransient)
        {
            return RestAndReadAsync(into, e, stop);
        }
        catch (Exception e) when (e is TransportException or OperationCanceledException)
        {
            return ValueTask.FromException<bool>(e);
        }
    }

    private async ValueTask<bool> WaitAndReadAsync(MessageBatch into, CancellationToken stop)
    {
        while (true)
        {
            var moved = end.Moved;
            try
            {
                if (TryRead(into)) return true;
            }
            catch (TransportException e) when (e.IsTransient)
            {
                return await RestAndReadAsync(into, e, stop);
            }

            await moved.WaitAsync(stop);
        }
    }

    /// <summary>The file is away, or held by others for long: nothing is lost by waiting until it is back, for as long as leases are tried to be renewed.</summary>
    private async ValueTask<bool> RestAndReadAsync(MessageBatch into, TransportException error, CancellationToken stop)
    {
        var trouble = new Trouble(subscription.Time, subscription.LeaseTime);
        while (true)
        {
            if (trouble.Failed()) EmbeddedLogs.LookFailed(subscription.Log, subscription.Path, error);
            if (trouble.IsTooLong) throw error;
            into.Clear(); // it may have failed in the middle
            await Task.Delay(subscription.PollInterval, subscription.Time, stop);
            try
            {
                return TryRead(into) || await WaitAndReadAsync(into, stop);
            }
            catch (TransportException e) when (e.IsTransient)
            {
                error = e;
            }
        }
    }

    private bool TryRead(MessageBatch into)
    {
        lost.Token.ThrowIfCancellationRequested();
        lock (gate)
        {
            if (failure is not null) throw new TransportException(failure.Message, failure);
            if (released) throw new TransportException($"Lane {id} was released and cannot be read any more.");
        }

        return reader.TryRead(into);
    }

    public void Store(Position handled)
    {
        lock (gate)
        {
            if (released || lost.IsCancellationRequested) return;
            if (handled.Number > Math.Max(stored ?? committed, committed)) stored = handled.Number;
        }
    }

    public void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs)
    {
        lock (gate)
        {
            Store(handled);
            if (!released && !lost.IsCancellationRequested) this.outputs.AddRange(outputs);
        }
    }

    public async ValueTask SeekAsync(StartPosition to, CancellationToken stop)
    {
        if (IsGone) throw NotOurs();
        await subscription.Writer.WriteAsync(new Seek(subscription, this, to), stop);
        if (lost.IsCancellationRequested) throw NotOurs();
    }

    private TransportException NotOurs() => new($"Lane {id} is not this process's any more.");

    public async ValueTask ReleaseAsync(LaneEnd end)
    {
        lock (gate)
        {
            if (released) return;
            released = true;
        }

        this.end.Wake();
        await subscription.ReleaseAsync(this, end);
    }

    /// <summary>What a flush has to write, with the epoch that it belongs to.</summary>
    public (long Epoch, long Handled, OutgoingMessage[] Outputs)? Uncommitted()
    {
        lock (gate) return !released && !lost.IsCancellationRequested && stored > committed ? (id.Epoch, stored.Value, [.. outputs]) : null;
    }

    /// <summary>A flush is durable, with as many outputs.</summary>
    public void Committed(long epoch, long handled, int published)
    {
        lock (gate)
        {
            if (id.Epoch != epoch) return;
            committed = Math.Max(committed, handled);
            outputs.RemoveRange(0, published);
        }
    }

    /// <summary>After a seek was committed.</summary>
    public void MovedTo(long handled)
    {
        lock (gate)
        {
            id = id with { Epoch = id.Epoch + 1 };
            committed = handled;
            stored = null;
            outputs.Clear();
        }

        reader.MovedTo(handled);
    }

    /// <summary>Asks for it back.</summary>
    public bool Revoke(DateTimeOffset deadline, long now, TimeSpan budget)
    {
        lock (gate)
        {
            if (revoked.Task.IsCompleted) return false;
            revokedAt = now;
            revokeBudget = budget;
        }

        return revoked.TrySetResult(new Revocation(deadline));
    }

    /// <summary>Whether it was asked back and has not come within its budget.</summary>
    public bool IsOverdue(TimeProvider time)
    {
        lock (gate) return !released && revoked.Task.IsCompleted && time.GetElapsedTime(revokedAt) >= revokeBudget;
    }

    /// <summary>It is someone else's. Whoever listens to the token runs elsewhere, not on the writer.</summary>
    public void Lose()
    {
        _ = lost.CancelAsync();
        end.Wake();
    }

    /// <summary>Reading cannot go on.</summary>
    public void Fail(Exception error)
    {
        lock (gate) failure = error;
        end.Wake();
    }
}
