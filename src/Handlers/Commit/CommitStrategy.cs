namespace Handlers;

/// <summary>When the watermark of one lane becomes durable. The loop of the lane calls it at each step of a message's life.</summary>
internal abstract class CommitStrategy(ILane lane, Watermark watermark, Flusher flusher)
{
    private readonly Lock storing = new(); // taken and stored are one step: the last commit must not flush between the two
    private bool idle;
    private bool over; // guarded by storing

    protected ILane Lane { get; } = lane;

    protected Flusher Flusher { get; } = flusher;

    /// <summary>Whether the lane waits for a message: a good moment to commit. Written by the lane's loop, read by the committer.</summary>
    public bool IsIdle
    {
        get => Volatile.Read(ref idle);
        set => Volatile.Write(ref idle, value);
    }

    /// <summary>Whether messages that were read must still be dispatched when the lane stops: their end is durable already.</summary>
    public virtual bool OwesDispatch => false;

    /// <summary>Whether messages below the watermark have results that are not known to be durable.</summary>
    public virtual bool OwesOutputs => false;

    public static CommitStrategy Of(Commit commit, ILane lane, Watermark watermark, Flusher flusher, HandlersOptions options) => commit switch
    {
        Commit.Transaction => new CommitTransaction((ITransactionalLane)lane, watermark, flusher, options.MaxUncommitted),
        Commit.EachMessage => new CommitEachMessage(lane, watermark, flusher),
        Commit.OnRead => new CommitOnRead(lane, watermark, flusher),
        _ => new CommitWatermark(lane, watermark, flusher),
    };

    /// <summary>A batch was read and none of it dispatched.</summary>
    public virtual ValueTask BeforeDispatchAsync(MessageBatch batch, CancellationToken stop) => default;

    /// <summary>A message has its final outcome, and the next of the lane is not dispatched yet.</summary>
    public virtual ValueTask AfterOutcomeAsync(CancellationToken stop) => default;

    /// <summary>Hands the watermark to the lane, unless that is another's by now. Any thread. True where it had moved and is not durable yet.</summary>
    public virtual bool Store()
    {
        lock (storing)
        {
            if (over || Lane.Lost.IsCancellationRequested || !watermark.TryTake(out var position, out var next)) return false;
            Hand(position, next);
            return true;
        }
    }

    /// <summary>Gives the watermark to the lane.</summary>
    /// <param name="handled">The watermark.</param>
    /// <param name="next">The ticket of the first message behind it.</param>
    protected virtual void Hand(Position handled, long next) => Lane.Store(handled);

    /// <summary>Hands a position to the lane. False: it is another's by now, or in another epoch.</summary>
    protected bool TryStore(Position read)
    {
        lock (storing)
        {
            if (over || Lane.Lost.IsCancellationRequested) return false;
            Lane.Store(read);
            return true;
        }
    }

    /// <summary>The lane goes elsewhere: nothing of before is stored any more, not by a committer either that is just about to.</summary>
    public void Abandon()
    {
        lock (storing) over = true;
    }

    /// <summary>The lane is about to go elsewhere, and nothing completes any more.</summary>
    public virtual ValueTask BeforeSeekAsync(CancellationToken stop) => default;

    /// <summary>The lane is handed over or stops: what is handled becomes durable now.</summary>
    public virtual ValueTask AtEndAsync(CancellationToken stop)
    {
        Store();
        return Flusher.FlushAsync(stop);
    }
}

/// <summary>At least once: stored by the subscription's committer, durable every interval, on idle, on hand-over, on stop.</summary>
internal sealed class CommitWatermark(ILane lane, Watermark watermark, Flusher flusher) : CommitStrategy(lane, watermark, flusher);

/// <summary>At least once, durable before the next message of the lane.</summary>
internal sealed class CommitEachMessage(ILane lane, Watermark watermark, Flusher flusher) : CommitStrategy(lane, watermark, flusher)
{
    // Whether or not the committer's tick was first to store: stored is not durable.
    public override ValueTask AfterOutcomeAsync(CancellationToken stop)
    {
        Store();
        return Flusher.FlushAsync(stop);
    }
}

/// <summary>At most once: the end of a batch is durable before its first dispatch, whatever becomes of its messages.</summary>
internal sealed class CommitOnRead(ILane lane, Watermark watermark, Flusher flusher) : CommitStrategy(lane, watermark, flusher)
{
    public override bool OwesDispatch => true;

    // Where it is not stored, the loop sees that the lane was lost or its epoch is over, too, and dispatches nothing.
    public override ValueTask BeforeDispatchAsync(MessageBatch batch, CancellationToken stop) =>
        TryStore(batch[batch.Count - 1].Position) ? Flusher.FlushAsync(stop) : default;

    public override bool Store() => false;

    public override ValueTask AtEndAsync(CancellationToken stop) => default;
}
