namespace Handlers.Testing;

/// <summary>With OnRead a message is dispatched once, and its position was durable before.</summary>
internal sealed class AtMostOnce(Schedule schedule) : Invariant(schedule)
{
    private readonly Dictionary<(SimulatedPartition, long), long> called = []; // the epoch of the last call
    private readonly PerLane<State> lanes = new();
    private readonly List<(SimulatedPartition Partition, long Epoch, long Position)> rewinds = [];

    public override string Name => "at most once with OnRead";

    protected override void See(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is not { Commit: Commit.OnRead }) return;
        switch (fact.Kind)
        {
            case FactKind.Committed:
                lanes.Of(in fact).Committed = fact.Position;
                break;
            case FactKind.Rewound:
                rewinds.Add((fact.Partition!, fact.Epoch, fact.Position));
                break;
            case FactKind.CallBegan:
                var committed = lanes.Of(in fact).Committed;
                if (committed < fact.Position) Violated(in fact, $"is dispatched, and this assignment has committed {committed}");
                else if (!called.TryAdd((fact.Partition!, fact.Position), fact.Epoch) && !WasRewound(in fact)) Violated(in fact, "is dispatched a second time");
                called[(fact.Partition!, fact.Position)] = fact.Epoch;
                break;
        }
    }

    /// <summary>Between the two calls somebody went back to before the message. The old owner may still be at it.</summary>
    private bool WasRewound(ref readonly Fact fact)
    {
        var other = called[(fact.Partition!, fact.Position)];
        foreach (var rewind in rewinds)
            if (rewind.Partition == fact.Partition && rewind.Position < fact.Position && rewind.Epoch > Math.Min(other, fact.Epoch) && rewind.Epoch <= Math.Max(other, fact.Epoch)) return true;
        return false;
    }

    private sealed class State
    {
        public long Committed { get; set; } = -1;
    }
}
