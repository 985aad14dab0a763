namespace Handlers.Testing;

/// <summary>A lane is finished only when it has an end, and all of it is handled and committed.</summary>
internal sealed class FinishedMeansHandled(Schedule schedule) : Invariant(schedule)
{
    private readonly Dictionary<SimulatedPartition, long> committed = [];
    private readonly HashSet<SimulatedPartition> ended = [];

    public override string Name => "a finished lane is handled and committed to its end";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.PartitionEnded:
                ended.Add(fact.Partition!);
                break;
            case FactKind.Committed or FactKind.Rewound:
                committed[fact.Partition!] = fact.Position;
                break;
            case FactKind.Released when fact.Number == (int)LaneEnd.Finished:
                if (!ended.Contains(fact.Partition!)) Violated(in fact, "is finished and has no end");
                else if (committed.GetValueOrDefault(fact.Partition!, -1) < fact.Partition!.Last) Violated(in fact, $"is finished, and committed up to {committed.GetValueOrDefault(fact.Partition, -1)} of {fact.Partition.Last}");
                break;
        }
    }
}
