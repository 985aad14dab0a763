namespace Handlers.Testing;

/// <summary>What is read of a lane and not below its watermark is bounded, however long one message takes.</summary>
internal sealed class WindowIsBounded(Schedule schedule) : Invariant(schedule)
{
    private readonly PerLane<State> lanes = new();

    public override string Name => "the uncommitted window is bounded";

    protected override void See(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is null) return;
        switch (fact.Kind)
        {
            case FactKind.Assigned or FactKind.Rewound:
                lanes.Of(in fact).Next = fact.Partition!.IndexBehind(fact.Position);
                break;
            case FactKind.Outcome when IsFinal(in fact):
                lanes.Of(in fact).Final.Add(fact.Position);
                break;
            case FactKind.Read:
                var state = lanes.Of(in fact);
                state.Read += (int)fact.Number;
                var messages = fact.Partition!.Messages;
                while (state.Next < messages.Count && state.Final.Remove(messages[state.Next].Position.Number))
                {
                    state.Next++;
                    state.Read--;
                }

                if (state.Read > Schedule.Options.MaxUncommitted) Violated(in fact, $"is read, and {state.Read} messages are above the watermark");
                break;
        }
    }

    private sealed class State
    {
        public int Next { get; set; } // the index of the first message above the watermark

        public int Read { get; set; } // and above the watermark

        public HashSet<long> Final { get; } = [];
    }
}
