namespace Handlers.Testing;

/// <summary>When a process has heard that a lane is lost, it stores nothing in it, and dispatches nothing of it that is not durable.</summary>
internal sealed class NothingAfterLost(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(SimulatedPartition, long)> lost = [];

    public override string Name => "nothing is committed after lost";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.LostTold:
                lost.Add((fact.Partition!, fact.Epoch));
                break;
            case FactKind.StoredAfterLost:
                Violated(in fact, "is stored after the lane was lost");
                break;
            case FactKind.Committed when lost.Contains((fact.Partition!, fact.Epoch)):
                Violated(in fact, "is committed after the lane was lost");
                break;
            case FactKind.CallBegan when lost.Contains((fact.Partition!, fact.Epoch)) && Of(fact.Partition)?.Commit != Commit.OnRead:
                Violated(in fact, "is dispatched after the lane was lost");
                break;
            case FactKind.Released when fact.Number == (int)LaneEnd.Finished && lost.Contains((fact.Partition!, fact.Epoch)):
                Violated(in fact, "is released as finished after the lane was lost");
                break;
        }
    }
}
