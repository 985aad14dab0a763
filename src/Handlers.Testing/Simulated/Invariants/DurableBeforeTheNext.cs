namespace Handlers.Testing;

/// <summary>With EachMessage, what has its final outcome is committed before the next message of the lane is dispatched.</summary>
internal sealed class DurableBeforeTheNext(Schedule schedule) : Invariant(schedule)
{
    private readonly PerLane<State> lanes = new();

    public override string Name => "EachMessage is durable before the next";

    protected override void See(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is not { Commit: Commit.EachMessage }) return;
        var state = lanes.Of(in fact);
        switch (fact.Kind)
        {
            case FactKind.Outcome when IsFinal(in fact):
                state.Final = fact.Position;
                break;
            case FactKind.Committed:
                state.Committed = fact.Position;
                break;
            case FactKind.CallBegan when state.Final > state.Committed:
                Violated(in fact, $"is called, and position {state.Final} before it is not committed");
                break;
        }
    }

    private sealed class State
    {
        public long Final { get; set; } = -1;

        public long Committed { get; set; } = -1;
    }
}
