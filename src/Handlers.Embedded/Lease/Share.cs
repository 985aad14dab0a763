namespace Handlers.Embedded;

/// <summary>A member of a group, as its row says.</summary>
/// <param name="Name">Unique per process and subscription.</param>
/// <param name="Counter">Raised with every renewal.</param>
/// <param name="Lease">How long it may be silent.</param>
/// <param name="Topics">The ids of the topics that it takes lanes of; none while it leaves.</param>
internal sealed record Member(string Name, long Counter, TimeSpan Lease, IReadOnlyList<long> Topics);

/// <summary>
/// How many partitions of a topic each member may have: a pure function of the members, so that all come to the same answer
/// without talking. Shares differ by one at most, and who gets the one more changes from topic to topic.
/// </summary>
internal static class Share
{
    public static int Of(string member, long topic, int partitions, IReadOnlyList<Member> members)
    {
        var names = members.Where(m => m.Topics.Contains(topic)).Select(m => m.Name).Order(StringComparer.Ordinal).ToList();
        var rank = names.IndexOf(member);
        if (rank < 0) return 0;
        var (each, rest) = Math.DivRem(partitions, names.Count);
        return each + ((rank + topic) % names.Count < rest ? 1 : 0);
    }
}
