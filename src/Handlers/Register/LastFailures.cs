namespace Handlers;

/// <summary>
/// The last failures of one handler. They are kept as they are: what an exception says in full is asked of it when somebody looks. Any thread; costs
/// failures only.
/// </summary>
internal sealed class LastFailures
{
    private const int Most = 5;

    private readonly Lock gate = new();
    private readonly Queue<FailureStatus> failures = new(Most); // guarded by gate

    /// <param name="at">When.</param>
    /// <param name="lane">The lane.</param>
    /// <param name="position">The message.</param>
    /// <param name="outcome">What became of it.</param>
    /// <param name="exception">Why.</param>
    /// <param name="reason">The same in words; of a body that cannot be unpacked without what the exception may quote.</param>
    /// <param name="isInvalid">Whether the message was at fault: then the exception may quote it, and is not kept.</param>
    public void Add(DateTimeOffset at, LaneId lane, Position position, OutcomeKind outcome, Exception exception, string reason, bool isInvalid)
    {
        var failure = new FailureStatus(at, lane, position, outcome, exception.GetType().FullName ?? exception.GetType().Name, reason, isInvalid ? null : exception);
        lock (gate)
        {
            if (failures.Count == Most) failures.Dequeue();
            failures.Enqueue(failure);
        }
    }

    /// <summary>The newest first.</summary>
    public IReadOnlyList<FailureStatus> Read()
    {
        lock (gate) return [.. failures.Reverse()];
    }
}
