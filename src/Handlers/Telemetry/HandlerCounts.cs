namespace Handlers;

/// <summary>How many messages of a handler came to what, in this process. Each number only grows.</summary>
/// <param name="Received">Handed out by lanes.</param>
/// <param name="Handled">The handler returned.</param>
/// <param name="Invalid">Could not be unpacked, or lacked what the handler requires.</param>
/// <param name="Failed">The handler threw or ran out of time, whatever the policy made of it.</param>
/// <param name="Late">Outcomes that came after their lane had been handed over or given up; they count for nothing.</param>
/// <param name="Retried">Calls again after a failed one.</param>
/// <param name="Deferred">Published to a retry topic.</param>
/// <param name="DeadLettered">Published to the dead letters.</param>
/// <param name="Skipped">Not for a handler: of a type that none takes, or passed over by middleware.</param>
/// <param name="Unmatched">Of the skipped, those of a type that none takes.</param>
public readonly record struct HandlerCounts(
    long Received, long Handled, long Invalid, long Failed, long Late, long Retried = 0, long Deferred = 0, long DeadLettered = 0, long Skipped = 0, long Unmatched = 0)
{
    /// <summary>Calls that failed, each message of a list by itself: one message may have several. Not among what makes two counts equal, as nobody else sees it.</summary>
    internal long FailedCalls { get; init; }

    private (long, long, long, long, long, long, long, long, long, long) Numbers => (Received, Handled, Invalid, Failed, Late, Retried, Deferred, DeadLettered, Skipped, Unmatched);

    /// <summary>Whether all numbers are the same.</summary>
    public bool Equals(HandlerCounts other) => Numbers == other.Numbers;

    /// <inheritdoc />
    public override int GetHashCode() => Numbers.GetHashCode();

    /// <summary>Adds two counts.</summary>
    public static HandlerCounts operator +(HandlerCounts a, HandlerCounts b) => new(
        a.Received + b.Received, a.Handled + b.Handled, a.Invalid + b.Invalid, a.Failed + b.Failed, a.Late + b.Late,
        a.Retried + b.Retried, a.Deferred + b.Deferred, a.DeadLettered + b.DeadLettered, a.Skipped + b.Skipped, a.Unmatched + b.Unmatched)
    {
        FailedCalls = a.FailedCalls + b.FailedCalls,
    };

    /// <summary>Adds two counts.</summary>
    public static HandlerCounts Add(HandlerCounts left, HandlerCounts right) => left + right;
}
