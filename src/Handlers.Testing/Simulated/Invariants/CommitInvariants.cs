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
