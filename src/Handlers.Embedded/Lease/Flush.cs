namespace Handlers.Embedded;

/// <summary>
/// Writes what the lanes of a subscription have stored, with what is to be published with it; a lane that is no longer ours writes nothing
/// and is lost.
/// </summary>
internal sealed class Flush(EmbeddedSubscription subscription, long now) : Write
{
    private readonly List<(EmbeddedLane Lane, long Epoch, long Handled, int Published, bool Written)> results = [];

    public override bool Shares => true;

    public override void Run(Transaction transaction)
    {
        results.Clear();
        foreach (var lane in subscription.HeldLanes())
        {
            if (lane.Uncommitted() is not var (epoch, handled, outputs)) continue;
            var written = GroupTable.Commit(transaction.Database, subscription.Group, lane.Partition, subscription.MemberName, epoch, handled);
            results.Add((lane, epoch, handled, outputs.Length, written));
            if (!written) continue;
            foreach (var message in outputs)
            {
                TopicName.Check(message.Topic);
                transaction.Append(message, now);
            }
        }
    }

    public override void Committed()
    {
        foreach (var (lane, epoch, handled, published, written) in results)
        {
            if (written) lane.Committed(epoch, handled, published);
            else if (lane.Epoch == epoch) subscription.Lose(lane, "its position was fenced");
        }
    }
}

/// <summary>Moves a lane elsewhere, in a new epoch.</summary>
internal sealed class Seek(EmbeddedSubscription subscription, EmbeddedLane lane, StartPosition to) : Write
{
    private long handled;
    private bool written;

    public override void Run(Transaction transaction)
    {
        handled = Starts.Resolve(transaction.Database, lane.Id, lane.Partition, to);
        written = GroupTable.Seek(transaction.Database, subscription.Group, lane.Partition, subscription.MemberName, lane.Epoch, handled);
        if (!written) return;
        // The epoch is news to whoever watches the group's owners, this member's next round among them.
        GroupTable.Changed(transaction.Database, subscription.Group);
    }

    public override void Committed()
    {
        if (written) lane.MovedTo(handled);
        else subscription.Lose(lane, "its position was fenced");
    }
}

/// <summary>Gives a lane back, so that another may have it at once.</summary>
internal sealed class Release(EmbeddedSubscription subscription, EmbeddedLane lane) : Write
{
    public override bool Shares => true;

    public override void Run(Transaction transaction)
    {
        if (GroupTable.Free(transaction.Database, subscription.Group, lane.Partition, subscription.MemberName, lane.Epoch))
            GroupTable.Changed(transaction.Database, subscription.Group);
    }

    public override void Committed() => subscription.Forget(lane);
}

/// <summary>Leaves the group: its lanes are free.</summary>
internal sealed class Leave(EmbeddedSubscription subscription) : Write
{
    public override bool Shares => true;

    public override void Run(Transaction transaction)
    {
        if (!GroupTable.HasMember(transaction.Database, subscription.Group, subscription.MemberName)) return;
        GroupTable.RemoveMember(transaction.Database, subscription.Group, subscription.MemberName);
        GroupTable.FreeAll(transaction.Database, subscription.Group, subscription.MemberName);
        GroupTable.Changed(transaction.Database, subscription.Group);
    }
}
