namespace Handlers.Testing;

/// <summary>
/// A group: who its members are, which partition is whose, and what is committed. A new member gets its share by hand-over: the
/// owner's lane is revoked, and given on when it is released or its deadline has passed. Guarded by the broker's gate.
/// </summary>
internal sealed class InMemoryGroup(InMemoryBroker broker, string name)
{
    private readonly List<InMemorySubscription> members = [];
    private readonly Dictionary<InMemoryPartition, Assignment> assignments = [];

    public string Name { get; } = name;

    public Assignment Of(InMemoryPartition partition)
    {
        if (!assignments.TryGetValue(partition, out var assignment)) assignments.Add(partition, assignment = new Assignment());
        return assignment;
    }

    public Assignment? Find(InMemoryPartition partition) => assignments.GetValueOrDefault(partition);

    public void Join(InMemorySubscription member)
    {
        members.Add(member);
        member.Joined(assignments.Where(static a => a.Value.Committed is not null).Select(static a => a.Key.Topic.Name).ToHashSet(StringComparer.Ordinal));
        Rebalance();
    }

    /// <summary>Throws where two patterns of a member match a topic.</summary>
    public void Check(string topic)
    {
        foreach (var member in members) member.Reads(topic);
    }

    /// <summary>There is a new topic.</summary>
    public void Appeared(InMemoryTopic topic)
    {
        foreach (var member in members) member.Appeared(topic.Name);
        if (members.Any(m => m.Topics.Contains(topic.Name))) Rebalance(topic);
    }

    /// <summary>The member takes no more lanes; those that it has stay its own until it releases them.</summary>
    public void StopGiving(InMemorySubscription member) => members.Remove(member);

    public void Leave(InMemorySubscription member)
    {
        members.Remove(member);
        foreach (var assignment in assignments.Values.Where(a => a.Lane?.Subscription == member)) assignment.Lane = null;
        Rebalance();
    }

    public void Released(InMemoryLane lane)
    {
        var assignment = Of(lane.Partition);
        if (assignment.Lane != lane) return;
        assignment.Lane = null;
        Rebalance();
    }

    private void Rebalance()
    {
        foreach (var topic in members.SelectMany(m => m.Topics).Distinct().ToList()) Rebalance(broker.Topic(topic));
    }

    private void Rebalance(InMemoryTopic topic)
    {
        var interested = members.Where(m => m.Topics.Contains(topic.Name)).ToList();
        var has = interested.ToDictionary(m => m, m => topic.Partitions.Count(p => Of(p).Lane?.Subscription == m));

        // The members that have most may keep one more where the shares do not come out even: fewest hand-overs.
        var share = topic.Partitions.Length / interested.Count;
        var extra = topic.Partitions.Length % interested.Count;
        var room = interested.OrderByDescending(m => has[m]).Select((m, i) => (m, share + (i < extra ? 1 : 0))).ToDictionary(x => x.m, x => x.Item2);

        foreach (var partition in topic.Partitions)
        {
            var assignment = Of(partition);
            if (assignment.Lane is not { } lane || !room.TryGetValue(lane.Subscription, out var left)) continue;
            if (left > 0) room[lane.Subscription] = left - 1;
            else lane.Revoke();
        }

        foreach (var partition in topic.Partitions)
        {
            var assignment = Of(partition);
            if (assignment.Lane is not null) continue;
            var member = interested.MaxBy(m => room[m])!;
            room[member]--;
            assignment.Epoch++;
            assignment.Lane = new InMemoryLane(broker, this, member, partition, assignment.Epoch, Resolve(assignment, member.StartOf(topic.Name), partition));
            member.Give(assignment.Lane);
        }
    }

    /// <summary>The next position to read. Resolved once: it stays committed from the first assignment on.</summary>
    private static int Resolve(Assignment assignment, StartPosition start, InMemoryPartition partition)
    {
        assignment.Committed ??= PositionOf(start, partition);
        return (int)assignment.Committed;
    }

    public static int PositionOf(StartPosition start, InMemoryPartition partition)
    {
        if (start.After is { } after) return (int)after.Number + 1;
        if (start.From == StartFrom.Latest) return partition.Messages.Count;
        if (start.From != StartFrom.Time) return 0;
        var found = partition.Messages.FindIndex(m => m.TimestampMilliseconds >= start.Time.ToUnixTimeMilliseconds());
        return found < 0 ? partition.Messages.Count : found;
    }

    internal sealed class Assignment
    {
        /// <summary>The lane that owns the partition now.</summary>
        public InMemoryLane? Lane { get; set; }

        /// <summary>Raised with each assignment and each rewind.</summary>
        public long Epoch { get; set; }

        /// <summary>The next position to handle; null before the first assignment.</summary>
        public long? Committed { get; set; }
    }
}
