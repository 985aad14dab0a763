namespace Handlers.Embedded;

/// <summary>Asks for the other members' life locks, each at most twice a second: to find a file locked costs an exception.</summary>
/// <remarks>Asked by beats and by rounds, which do not overlap.</remarks>
internal sealed class LifeProbe(string log, TimeProvider time)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);

    private readonly Dictionary<string, (long At, bool IsGone)> known = new(StringComparer.Ordinal);

    /// <summary>Whether the member's process is gone for certain.</summary>
    public bool IsGone(string member)
    {
        var now = time.GetTimestamp();
        if (known.TryGetValue(member, out var answer) && time.GetElapsedTime(answer.At, now) < Pause) return answer.IsGone;
        var isGone = LifeLock.IsGone(log, member);
        known[member] = (now, isGone);
        return isGone;
    }

    /// <summary>Forgets those that are no members any more.</summary>
    public void Keep(IReadOnlyList<string> members)
    {
        foreach (var member in known.Keys.Except(members, StringComparer.Ordinal).ToList()) known.Remove(member);
    }
}
