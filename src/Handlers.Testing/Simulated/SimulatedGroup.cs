namespace Handlers.Testing;

/// <summary>
/// A group: its members, whose each partition is, and what is committed. Who gets a partition is chance's choice, so a partition comes back
/// to the same member as often as not.
/// </summary>
/// <remarks>
/// It fences as a broker does, by ownership, and forgives nothing else: what the core stores is written, in the order of the requests, even
/// where it is wrong. So a mistake of the core shows.
/// </remarks>
internal sealed class SimulatedGroup(SimulatedBroker broker, string name)
{
    private readonly List<SimulatedSubscription> members = [];
    private readonly Dictionary<SimulatedPartition, Ownership> ownerships = [];

    public string Name { get; } = name;

    public IReadOnlyList<SimulatedSubscription> Members => members;

    public IEnumerable<KeyValuePair<SimulatedPartition, Ownership>> Ownerships => ownerships;

    public Ownership Of(SimulatedPartition partition)
    {
        if (!ownerships.TryGetValue(partition, out var ownership)) ownerships.Add(partition, ownership = new Ownership());
        return ownership;
    }

    public void Join(SimulatedSubscription member)
    {
        members.Add(member);
        foreach (var partition in member.Topics.SelectMany(t => broker.Topic(t).Partitions)) Of(partition);
        Settle();
    }

    /// <summary>The member takes no more lanes; those that it has stay its own until it releases them.</summary>
    public void StopGiving(SimulatedSubscription member) => members.Remove(member);

    /// <summary>The member has left, or is found dead.</summary>
    public void Leave(SimulatedSubscription member)
    {
        members.Remove(member);
        foreach (var (partition, ownership) in ownerships)
            if (ownership.Lane?.Subscription == member) Take(partition);
        Settle();
    }

    /// <summary>Wants a lane back, and waits for it until the deadline.</summary>
    public void Revoke(SimulatedPartition partition)
    {
        if (Of(partition).Lane is not { IsRevoking: false } lane) return;
        lane.Revoke();
        broker.Party.After(lane.Subscription.RevokeBudget, () =>
        {
            if (Of(partition).Lane == lane) Take(partition);
        });
    }

    /// <summary>The partition is nobody's, and its owner hears of it later.</summary>
    public void Take(SimulatedPartition partition)
    {
        var ownership = Of(partition);
        if (ownership.Lane is not { } lane) return;
        ownership.Lane = null;
        broker.History.Add(FactKind.Taken, lane.Process.Number, partition, lane.Id.Epoch);
        lane.TellLost(broker.Chance.Of(0.3) ? TimeSpan.Zero : broker.Chance.Milliseconds(1, 4_000));
        Settle();
    }

    public void Released(SimulatedLane lane, LaneEnd end)
    {
        var ownership = Of(lane.Partition);
        if (ownership.Lane != lane) return;
        ownership.Lane = null;
        ownership.IsFinished |= end == LaneEnd.Finished;
        Settle();
    }

    /// <summary>A request to commit has arrived. False: the lane is not the owner's any more.</summary>
    public bool Commit(SimulatedLane lane, long epoch, long position, IReadOnlyList<OutgoingMessage> outputs, long request)
    {
        var ownership = Of(lane.Partition);
        if (ownership.Lane != lane)
        {
            broker.History.Add(FactKind.Refused, lane.Process.Number, lane.Partition, epoch, position);
            return false;
        }

        // A request that was overtaken on its way is dropped by the connection; so is one from before a rewind.
        if (position < 0 || request < ownership.Request || epoch != ownership.Epoch) return true;
        ownership.Request = request;
        if (ownership.Committed == position) return true;
        ownership.Committed = position;
        if (ownership.OutputsEpoch != epoch) (ownership.OutputsEpoch, ownership.Outputs) = (epoch, 0);
        for (; ownership.Outputs < outputs.Count; ownership.Outputs++) broker.Append(outputs[ownership.Outputs], lane.Process.Number);
        broker.History.Add(FactKind.Committed, lane.Process.Number, lane.Partition, epoch, position);
        return true;
    }

    /// <summary>Opens a new epoch of a lane behind another position. Null: it is not the owner's any more.</summary>
    public long? Rewind(SimulatedLane lane, long behind)
    {
        var ownership = Of(lane.Partition);
        if (ownership.Lane != lane) return null;
        ownership.Committed = behind;
        broker.History.Add(FactKind.Rewound, lane.Process.Number, lane.Partition, ++ownership.Epoch, behind, number: lane.Id.Epoch);
        return ownership.Epoch;
    }

    private void Settle() => broker.Party.After(broker.Chance.Milliseconds(0, 300), Assign);

    private void Assign()
    {
        foreach (var (partition, ownership) in ownerships)
        {
            if (ownership.Lane is not null || ownership.IsFinished) continue;
            var interested = members.Where(m => m.Topics.Contains(partition.Topic)).ToList();
            if (interested.Count == 0) continue;
            var member = broker.Chance.Pick(interested);
            var lane = new SimulatedLane(broker, this, member, partition, ++ownership.Epoch, ownership.Committed);
            ownership.Lane = lane;
            broker.History.Add(FactKind.Assigned, member.Process.Number, partition, ownership.Epoch, ownership.Committed);
            member.Give(lane);
        }
    }
}

/// <summary>Whose a partition is in a group.</summary>
internal sealed class Ownership
{
    /// <summary>The lane that owns it now; null while nobody does.</summary>
    public SimulatedLane? Lane { get; set; }

    /// <summary>Raised with each assignment and each rewind.</summary>
    public long Epoch { get; set; }

    /// <summary>The last position that is committed as handled; -1 before the first.</summary>
    public long Committed { get; set; } = -1;

    /// <summary>How many results of an epoch are published: a request that is made again has those from its beginning on.</summary>
    public int Outputs { get; set; }

    /// <summary>Of which epoch.</summary>
    public long OutputsEpoch { get; set; }

    /// <summary>The last request to commit that counted.</summary>
    public long Request { get; set; }

    /// <summary>Its end is handled: it is given to nobody any more.</summary>
    public bool IsFinished { get; set; }
}
