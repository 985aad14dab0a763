namespace Handlers;

/// <summary>
/// How many spans without a parent there may be, as a span costs more than a fast message. Lanes take their share once a batch. Any thread.
/// </summary>
/// <param name="perSecond">How many in a second, and the most at once.</param>
/// <param name="time">Time.</param>
internal sealed class SpanBudget(int perSecond, TimeProvider time)
{
    /// <summary>A batch of so many takes what it asks for; a larger one leaves half, so that a lane with much to do does not leave nothing to others.</summary>
    private const int Small = 8;

    private readonly Lock gate = new();
    private double left = perSecond; // guarded by gate
    private long at = time.GetTimestamp(); // guarded by gate

    /// <summary>A share for so many: as many, or fewer.</summary>
    public int Take(int wanted)
    {
        lock (gate)
        {
            var now = time.GetTimestamp();
            left = Math.Min(perSecond, left + (time.GetElapsedTime(at, now).TotalSeconds * perSecond));
            at = now;
            var share = Math.Min(wanted, (int)(wanted > Small ? left / 2 : left));
            left -= share;
            return share;
        }
    }
}
