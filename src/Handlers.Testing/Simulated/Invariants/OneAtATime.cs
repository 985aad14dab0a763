namespace Handlers.Testing;

/// <summary>
/// Order per lane, or per key: one call at a time, in the order of the lane, and the next only after the final outcome of the one before, or
/// when its handler is done with it and only its letter is to be published. Holds within an assignment.
/// </summary>
internal sealed class OneAtATime(Schedule schedule) : Invariant(schedule)
{
    private static readonly string WholeLane = "";

    private readonly PerLane<Dictionary<string, State>> lanes = new();

    public override string Name => "order per lane and per key, one at a time";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind is not (FactKind.CallBegan or FactKind.Outcome or FactKind.CallReturned or FactKind.CallThrew or FactKind.CallGaveUp or FactKind.CallRefused)) return;
        if (Of(fact.Partition) is not { Ordering: not Ordering.None, TimeLimit: null } settings) return; // past its limit a call is left to itself
        var key = settings.Ordering == Ordering.Lane ? WholeLane : KeyOf(fact.Partition!, fact.Position);
        if (key is null) return; // messages without a key have no order
        var lane = lanes.Of(in fact);
        if (!lane.TryGetValue(key, out var state)) lane.Add(key, state = new State());
        See(in fact, state, settings);
    }

    private void See(ref readonly Fact fact, State state, HandlerSettings settings)
    {
        switch (fact.Kind)
        {
            case FactKind.CallBegan when state.Running is { } other && other != fact.Number:
                Violated(in fact, $"is called while position {state.Last} is");
                break;
            case FactKind.CallBegan:
                // Again, or the next; a list begins many of one call.
                if (!state.Unsettled.Contains(fact.Position))
                {
                    if (fact.Position < state.Last) Violated(in fact, $"is called after position {state.Last}");
                    else if (state.Unsettled.Count > 0 && state.Running is null) Violated(in fact, $"is called, and position {state.Unsettled.First()} before it has no final outcome");
                    state.Unsettled.Add(fact.Position);
                    state.Last = fact.Position;
                }

                state.Calls[fact.Position] = state.Calls.GetValueOrDefault(fact.Position) + 1;
                state.Running = fact.Number;
                break;
            case FactKind.Outcome:
                if (IsFinal(in fact)) state.Unsettled.Remove(fact.Position);
                break;
            default:
                if (state.Running == fact.Number) state.Running = null;
                if (settings.Commit != Commit.EachMessage && IsToBePublished(in fact, state, settings)) state.Unsettled.Remove(fact.Position);
                break;
        }
    }

    private bool IsToBePublished(ref readonly Fact ended, State state, HandlerSettings settings) => ended.Kind switch
    {
        FactKind.CallRefused => settings.OnInvalid == InvalidMessage.DeadLetter,
        FactKind.CallThrew => state.Calls[ended.Position] >= (settings.Retry?.Attempts ?? 1)
            && (settings.OnFailure == FailedHandler.DeadLetter || StageOf(ended.Partition!) < settings.RetryTopics.Count),
        _ => false,
    };

    private static string? KeyOf(SimulatedPartition partition, long position) => partition.Messages[partition.IndexBehind(position - 1)].Key is { IsNull: false } key ? key.ToText() : null;

    private sealed class State
    {
        /// <summary>The call under way.</summary>
        public long? Running { get; set; }

        public long Last { get; set; } = -1;

        public Dictionary<long, int> Calls { get; } = [];

        /// <summary>Begun and without a final outcome.</summary>
        public SortedSet<long> Unsettled { get; } = [];
    }
}
