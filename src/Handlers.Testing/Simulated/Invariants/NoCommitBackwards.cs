namespace Handlers.Testing;

/// <summary>The committed position of a lane moves forwards, over all its owners. Only a rewind sets it back, and opens an epoch.</summary>
internal sealed class NoCommitBackwards(Schedule schedule) : Invariant(schedule)
{
    private readonly Dictionary<SimulatedPartition, long> committed = [];

    public override string Name => "the committed position never goes backwards within an epoch";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Rewound) committed[fact.Partition!] = fact.Position;
        if (fact.Kind != FactKind.Committed) return;
        if (committed.TryGetValue(fact.Partition!, out var before) && fact.Position < before) Violated(in fact, $"is committed after position {before} was");
        committed[fact.Partition!] = fact.Position;
    }
}
