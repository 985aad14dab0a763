namespace Handlers.Embedded;

/// <summary>
/// One round of a member in its group, in one transaction: renew, take the members off that are silent, see what was lost,
/// take what is free up to the share, and find what is above it.
/// </summary>
/// <remarks>
/// The owner of a partition is alive as long as its member's counter moves; a position is written on owner and epoch. Owners
/// give up by themselves what is above their share: to join is to ask for it.
/// </remarks>
internal sealed class Round(EmbeddedSubscription subscription) : Write
{
    private readonly List<EmbeddedLane> lost = [];
    private readonly List<EmbeddedLane> surplus = [];
    private readonly List<EmbeddedLane> taken = [];
    private readonly List<Member> silent = [];
    private readonly List<Member> gone = [];
    private List<Member> members = [];
    private readonly List<(LaneId Lane, string From)> takenOver = [];
    private long renewed;
    private long version;
    private bool changed;
    private bool ran;

    private string Group => subscription.Group;

    private string Me => subscription.MemberName;

    public override void Run(Transaction transaction)
    {
        lost.Clear();
        surplus.Clear();
        taken.Clear();
        silent.Clear();
        gone.Clear();
        takenOver.Clear();
        changed = false;
        ran = !subscription.IsClosed;
        if (!ran) return;
        renewed = subscription.Time.GetTimestamp();
        var database = transaction.Database;
        members = Renew(database);
        foreach (var topic in subscription.Topics) See(database, topic, members);
        if (changed) GroupTable.Changed(database, Group);
        version = GroupTable.Version(database, Group);
    }

    public override void Committed()
    {
        if (!ran) return;
        subscription.Renewed(renewed, version, [.. members.Select(m => m.Name).Where(n => n != Me)]);
        foreach (var member in gone) EmbeddedLogs.MemberGone(subscription.Log, Group, member.Name);
        foreach (var member in gone.Concat(silent)) LifeLock.Clear(subscription.Path, member.Name);
        foreach (var member in silent) EmbeddedLogs.MemberSilent(subscription.Log, Group, member.Name, member.Lease);
        foreach (var (lane, from) in takenOver) EmbeddedLogs.LaneTakenOver(subscription.Log, Group, lane, from);
        foreach (var lane in lost) subscription.Lose(lane, "it was taken over");
        foreach (var lane in surplus) subscription.Revoke(lane);
        foreach (var lane in taken) subscription.Yield(lane);
    }

    private List<Member> Renew(Database database)
    {
        var me = subscription.Member(++subscription.Counter);
        var before = GroupTable.Members(database, Group);
        var known = before.Find(m => m.Name == Me);
        changed |= known is null || !known.Topics.SequenceEqual(me.Topics);
        GroupTable.PutMember(database, Group, me);

        var others = before.Where(m => m.Name != Me).ToList();
        gone.AddRange(others.Where(m => subscription.IsGone(m.Name)));
        silent.AddRange(subscription.Watch.Silent(others).Except(gone));
        List<Member> off = [.. gone, .. silent];
        foreach (var member in off) GroupTable.RemoveMember(database, Group, member.Name);
        changed |= off.Count > 0;
        return [me, .. others.Except(off)];
    }

    private void See(Database database, TopicOfSubscription topic, List<Member> members)
    {
        var share = Share.Of(Me, topic.Topic.Id, topic.Topic.PartitionIds.Length, members);
        var free = new List<(int Number, GroupPosition Position)>();
        var held = new List<EmbeddedLane>();
        for (var number = 0; number < topic.Topic.PartitionIds.Length; number++)
        {
            var partition = topic.Topic.PartitionIds[number];
            var position = Position(database, topic, number);
            var lane = subscription.Held(partition);
            if (lane is not null && position.Owner == Me && position.Epoch == lane.Epoch)
            {
                held.Add(lane);
                continue;
            }

            if (lane is not null) lost.Add(lane);
            // What is ours without a lane was given up without the file: a lost lane, a process that was suspended.
            if (position.Owner is null || position.Owner == Me || members.TrueForAll(m => m.Name != position.Owner)) free.Add((number, position));
        }

        foreach (var (number, position) in free)
        {
            if (held.Count < share) held.Add(Take(database, topic, number, position));
            else Free(database, topic.Topic.PartitionIds[number], position);
        }

        // Who leaves gives its lanes back when it is done with them: nobody asks for them.
        if (subscription.IsLeaving) return;
        var over = held.Count(l => !l.IsLeaving) - share;
        for (var i = held.Count - 1; i >= 0 && over > 0; i--)
        {
            if (held[i].IsLeaving) continue;
            surplus.Add(held[i]);
            over--;
        }
    }

    private GroupPosition Position(Database database, TopicOfSubscription topic, int number)
    {
        var partition = topic.Topic.PartitionIds[number];
        if (GroupTable.Position(database, Group, partition) is { } position) return position;
        // Somebody deleted it: the group begins here as if for the first time.
        var lane = EmbeddedLane.IdOf(topic.Topic, number, 0);
        GroupTable.Begin(database, Group, partition, Starts.Resolve(database, lane, partition, topic.Wanted.Start));
        return GroupTable.Position(database, Group, partition)!.Value;
    }

    private EmbeddedLane Take(Database database, TopicOfSubscription topic, int number, GroupPosition position)
    {
        var partition = topic.Topic.PartitionIds[number];
        GroupTable.Take(database, Group, partition, Me);
        changed = true;
        var id = EmbeddedLane.IdOf(topic.Topic, number, position.Epoch + 1);
        if (position.Owner is { } from && from != Me) takenOver.Add((id, from));
        var (next, newest) = TopicTable.End(database, partition);
        subscription.Ends.Of(partition).Advance(next, newest);
        var lane = new EmbeddedLane(subscription, id, partition, position.Handled, topic.Wanted.Reads);
        taken.Add(lane);
        return lane;
    }

    private void Free(Database database, long partition, GroupPosition position)
    {
        // What others left is for whoever has room for it; their names stay until then.
        if (position.Owner == Me) changed |= GroupTable.Free(database, Group, partition, Me, position.Epoch);
    }
}
