namespace Handlers.Testing;

/// <summary>At the end, when faults have ceased, every message has had a final outcome and is committed.</summary>
internal sealed class AtLeastOnce(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(SimulatedPartition, long)> final = [];
    private readonly HashSet<int> settled = []; // messages, in whatever topic they came to their end
    private readonly Dictionary<SimulatedPartition, long> passed = []; // by a rewind: whoever goes there wants what is behind it

    public override string Name => "at least once";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Rewound) passed[fact.Partition!] = Math.Max(fact.Position, passed.GetValueOrDefault(fact.Partition!, -1));
        if (fact.Kind != FactKind.Outcome || !IsFinal(in fact)) return;
        final.Add((fact.Partition!, fact.Position));
        if ((OutcomeKind)fact.Number != OutcomeKind.Deferred) settled.Add(SimulatedMessage.IdOf(fact.Partition!, fact.Position));
    }

    protected override void End()
    {
        foreach (var (topic, promise) in Schedule.Promises)
            foreach (var partition in Schedule.Broker.Topic(topic).Partitions)
                if (!IsKept(partition, promise.Settings)) return;
    }

    private bool IsKept(SimulatedPartition partition, HandlerSettings settings)
    {
        var committed = Schedule.Broker.Group(settings.Group!).Of(partition).Committed;
        if (committed != partition.Last)
        {
            Violated($"lane {partition} is committed up to {committed} of {partition.Last} at the end");
            return false;
        }

        if (settings.Commit == Commit.OnRead) return true;
        foreach (var message in partition.Messages)
        {
            if (message.Position.Number <= passed.GetValueOrDefault(partition, -1)) continue;
            if (final.Contains((partition, message.Position.Number)) && settled.Contains(SimulatedMessage.IdOf(message.Body))) continue;
            Violated($"lane {partition} position {message.Position} never had a final outcome");
            return false;
        }

        return true;
    }
}
