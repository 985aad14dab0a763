namespace Handlers.Embedded;

/// <summary>
/// One piece of work inside a write transaction. The writer runs it, commits, tells it, and only then completes whoever waits.
/// </summary>
internal abstract class Write
{
    // Continuations never run on the writer: it has the next transaction to do.
    private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Completes when it is durable; faults when it is not.</summary>
    public Task Done => done.Task;

    /// <summary>Whether it may share a transaction with others. Only work that reads no state which another's commit changes.</summary>
    public virtual bool Shares => false;

    /// <summary>How much work it is, in bytes, so that a shared transaction stays short.</summary>
    public virtual long Bytes => 0;

    /// <summary>Does it. May run again after a rollback, so it begins by forgetting what it found before.</summary>
    public abstract void Run(Transaction transaction);

    /// <summary>Called after the commit, on the writer, before any other write runs: state in memory follows the file.</summary>
    public virtual void Committed() { }

    public void Complete() => done.TrySetResult();

    public void Fail(Exception error) => done.TrySetException(error);
}
