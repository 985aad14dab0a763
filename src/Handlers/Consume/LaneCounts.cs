namespace Handlers;

/// <summary>The counts of one handler in one lane. Written by whoever handles a message; read by anybody.</summary>
internal sealed class LaneCounts
{
    private long received;
    private long handled;
    private long invalid;
    private long failed;
    private long retried;
    private long deferred;
    private long deadLettered;
    private long passedOver; // the skipped that are not unmatched: two numbers of which neither is in the other are read at any time and add up
    private long unmatched;
    private long failedCalls;

    public HandlerCounts Snapshot
    {
        get
        {
            var none = Volatile.Read(ref unmatched);
            return new(
                Volatile.Read(ref received), Volatile.Read(ref handled), Volatile.Read(ref invalid), Volatile.Read(ref failed), Late: 0,
                Volatile.Read(ref retried), Volatile.Read(ref deferred), Volatile.Read(ref deadLettered), Skipped: Volatile.Read(ref passedOver) + none, Unmatched: none)
            {
                FailedCalls = Volatile.Read(ref failedCalls),
            };
        }
    }

    public void Received(int messages) => Interlocked.Add(ref received, messages);

    public void Retried(int calls) => Interlocked.Add(ref retried, calls);

    /// <summary>Calls failed: of so many messages, whatever becomes of them.</summary>
    public void FailedCalls(int messages) => Interlocked.Add(ref failedCalls, messages);

    public void Count(Outcome outcome)
    {
        if (outcome.Kind == OutcomeKind.Handled)
        {
            Interlocked.Increment(ref handled);
            return;
        }

        if (outcome.Kind == OutcomeKind.None) return;
        if (outcome.Kind == OutcomeKind.DeadLettered) Interlocked.Increment(ref deadLettered);
        if (outcome.Kind == OutcomeKind.Deferred) Interlocked.Increment(ref deferred);
        if (outcome.IsUnmatched || outcome.Exception is null)
        {
            if (outcome.Kind == OutcomeKind.Skipped) Interlocked.Increment(ref outcome.IsUnmatched ? ref unmatched : ref passedOver);
        }
        else if (outcome.IsInvalid) Interlocked.Increment(ref invalid);
        else Interlocked.Increment(ref failed);
    }
}
