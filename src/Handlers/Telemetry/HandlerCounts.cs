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
public readonly record struct HandlerCounts(
    long Received, long Handled, long Invalid, long Failed, long Late, long Retried = 0, long Deferred = 0, long DeadLettered = 0, long Skipped = 0)
{
    /// <summary>Adds two counts.</summary>
    public static HandlerCounts operator +(HandlerCounts a, HandlerCounts b) => new(
        a.Received + b.Received, a.Handled + b.Handled, a.Invalid + b.Invalid, a.Failed + b.Failed, a.Late + b.Late,
        a.Retried + b.Retried, a.Deferred + b.Deferred, a.DeadLettered + b.DeadLettered, a.Skipped + b.Skipped);

    /// <summary>Adds two counts.</summary>
    public static HandlerCounts Add(HandlerCounts left, HandlerCounts right) => left + right;
}
