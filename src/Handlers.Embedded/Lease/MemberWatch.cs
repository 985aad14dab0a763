namespace Handlers.Embedded;

/// <summary>
/// Which members have been silent for longer than their lease, by this process's own monotonic clock since it last saw their
/// counter change: never by wall clocks.
/// </summary>
/// <remarks>Owned by the subscription's rounds, which do not overlap.</remarks>
internal sealed class MemberWatch(TimeProvider time, TimeSpan ownLease)
{
    private readonly Dictionary<string, (long Counter, TimeSpan Silent)> seen = new(StringComparer.Ordinal);
    private long? lastLook;

    /// <summary>Looks at the members and names those that are silent for too long.</summary>
    public List<Member> Silent(IReadOnlyList<Member> members)
    {
        var now = time.GetTimestamp();
        var passed = lastLook is { } before ? time.GetElapsedTime(before, now) : TimeSpan.Zero;
        lastLook = now;
        // It looks four times in a lease of its own. After a longer pause it was suspended itself, and has not watched.
        var watched = passed < ownLease / 2 ? passed : TimeSpan.Zero;
        var silent = new List<Member>();
        foreach (var member in members)
        {
            var span = seen.TryGetValue(member.Name, out var was) && was.Counter == member.Counter ? was.Silent + watched : TimeSpan.Zero;
            seen[member.Name] = (member.Counter, span);
            if (span >= member.Lease) silent.Add(member);
        }

        foreach (var gone in seen.Keys.Except(members.Select(m => m.Name), StringComparer.Ordinal).ToList()) seen.Remove(gone);
        return silent;
    }
}
