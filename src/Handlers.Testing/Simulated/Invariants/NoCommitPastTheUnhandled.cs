namespace Handlers.Testing;

/// <summary>What is committed in an assignment had its final outcome in it: every message behind the assignment's start, gaps in positions or not.</summary>
internal sealed class NoCommitPastTheUnhandled(Schedule schedule) : Invariant(schedule)
{
    private readonly PerLane<State> lanes = new();

    public override string Name => "the committed position never passes an unhandled message";

    protected override void See(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is not { } settings || settings.Commit == Commit.OnRead) return;
        switch (fact.Kind)
        {
            case FactKind.Assigned or FactKind.Rewound:
                lanes.Of(in fact).Checked = fact.Position;
                break;
            case FactKind.Outcome when IsFinal(in fact):
                lanes.Of(in fact).Final.Add(fact.Position);
                break;
            case FactKind.Committed:
                var state = lanes.Of(in fact);
                var messages = fact.Partition!.Messages;
                for (var i = fact.Partition.IndexBehind(state.Checked); i < messages.Count && messages[i].Position.Number <= fact.Position; i++)
                {
                    if (state.Final.Contains(messages[i].Position.Number)) continue;
                    Violated(in fact, $"is committed, and position {messages[i].Position} has no final outcome in this assignment");
                    return;
                }

                state.Checked = Math.Max(state.Checked, fact.Position);
                break;
        }
    }

    private sealed class State
    {
        public long Checked { get; set; } = -1;

        public HashSet<long> Final { get; } = [];
    }
}
