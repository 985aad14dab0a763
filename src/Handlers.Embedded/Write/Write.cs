namespace Handlers.Embedded;

/// <summary>
/// One piece of work inside a write transaction. The writer runs it, commits, tells it, and only then completes whoever waits.
/// </summary>
internal abstract class Write
{
    private const int Waiting = 0;
    private const int Begun = 1;
    private const int Withdrawn = 2;

    // Continuations never run on the writer: it has the next transaction to do.
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int state; // Waiting, then either Begun or Withdrawn

    /// <summary>Completes when it is durable; faults when it is not; cancelled when it was withdrawn.</summary>
    public Task Done => done.Task;

    /// <summary>Whether it may share a transaction with others. Only work that reads no state which another's commit changes.</summary>
    public virtual bool Shares => false;

    /// <summary>How much work it is, in bytes, so that a shared transaction stays short.</summary>
    public virtual long Bytes => 0;

    /// <summary>Does it. May run again after a rollback, so it begins by forgetting what it found before.</summary>
    public abstract void Run(Transaction transaction);

    /// <summary>Called after the commit, on the writer, before any other write runs: state in memory follows the file.</summary>
    public virtual void Committed() { }

    /// <summary>The writer begins it, perhaps again. False: it was withdrawn.</summary>
    public bool TryBegin() => Interlocked.CompareExchange(ref state, Begun, Waiting) != Withdrawn;

    /// <summary>The caller gives up: not done at all, unless the writer has begun it, which it then finishes.</summary>
    public void Withdraw(CancellationToken stop)
    {
        if (Interlocked.CompareExchange(ref state, Withdrawn, Waiting) == Waiting) done.TrySetCanceled(stop);
    }

    public void Complete() => done.TrySetResult();

    public void Fail(Exception error) => done.TrySetException(error);
}
