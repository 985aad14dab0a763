namespace Handlers.Testing;

/// <summary>A lane that has been given back is over: no outcome of it counts, and those that come are counted.</summary>
internal sealed class OldOwnersAreFenced(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(SimulatedPartition, long)> released = [];
    private readonly Dictionary<int, long> late = [];

    public override string Name => "a lane that was handed over is fenced";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Released:
                released.Add((fact.Partition!, fact.Epoch));
                break;
            case FactKind.Rewound:
                released.Add((fact.Partition!, fact.Number)); // the epoch before
                break;
            case FactKind.CallBegan when released.Contains((fact.Partition!, fact.Epoch)):
                Violated(in fact, "is dispatched after the lane was given back or rewound");
                break;
            case FactKind.Outcome when IsFinal(in fact) && released.Contains((fact.Partition!, fact.Epoch)):
                Violated(in fact, $"has the outcome {(OutcomeKind)fact.Number} after the lane was given back or rewound");
                break;
            case FactKind.CallReturned when released.Contains((fact.Partition!, fact.Epoch)):
                late[fact.Process!.Value] = late.GetValueOrDefault(fact.Process.Value) + 1;
                break;
            case FactKind.Late when fact.Number < late.GetValueOrDefault(fact.Process!.Value):
                Violated(in fact, $"{late[fact.Process.Value]} calls returned after their lanes were given back, and {fact.Number} are counted");
                break;
        }
    }
}
