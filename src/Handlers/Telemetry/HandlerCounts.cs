namespace Handlers;

/// <summary>How many messages of a handler came to what, in this process. Each number only grows.</summary>
/// <param name="Received">Handed out by lanes.</param>
/// <param name="Handled">The handler returned.</param>
/// <param name="Invalid">Could not be unpacked, or lacked what the handler requires.</param>
/// <param name="Failed">The handler threw or ran out of time, whatever the policy made of it.</param>
/// <param name="Late">Outcomes that came after their lane had been handed over or given up; they count for nothing.</param>
public readonly record struct HandlerCounts(long Received, long Handled, long Invalid, long Failed, long Late)
{
    /// <summary>Adds two counts.</summary>
    public static HandlerCounts operator +(HandlerCounts a, HandlerCounts b) =>
        new(a.Received + b.Received, a.Handled + b.Handled, a.Invalid + b.Invalid, a.Failed + b.Failed, a.Late + b.Late);

    /// <summary>Adds two counts.</summary>
    public static HandlerCounts Add(HandlerCounts left, HandlerCounts right) => left + right;
}
