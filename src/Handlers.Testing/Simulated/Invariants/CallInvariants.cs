namespace Handlers.Testing;

/// <summary>An outcome says what happened: handled is a call that returned, and what failed comes to what the policy says.</summary>
internal sealed class OutcomesAreTrue(Schedule schedule) : Invariant(schedule)
{
    private readonly PerLane<Dictionary<long, (FactKind Last, int Calls)>> lanes = new();
    private readonly HashSet<(int, long)> invalid = []; // process and message; unpacking knows no lane

    public override string Name => "an outcome says what happened";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.UnpackThrew) invalid.Add((fact.Process!.Value, fact.Number));
        if (Of(fact.Partition) is not { } settings) return;
        if (fact.Kind is FactKind.CallBegan or FactKind.CallReturned or FactKind.CallThrew or FactKind.CallGaveUp or FactKind.CallRefused)
        {
            var calls = lanes.Of(in fact);
            calls[fact.Position] = (fact.Kind, calls.GetValueOrDefault(fact.Position).Calls + (fact.Kind == FactKind.CallBegan ? 1 : 0));
        }

        if (fact.Kind == FactKind.Outcome) See(in fact, settings);
    }

    private void See(ref readonly Fact fact, HandlerSettings settings)
    {
        var (last, calls) = lanes.Of(in fact).GetValueOrDefault(fact.Position, (FactKind.Assigned, 0));
        if (calls == 0 && invalid.Contains((fact.Process!.Value, SimulatedMessage.IdOf(fact.Partition!, fact.Position)))) last = FactKind.UnpackThrew;
        OutcomeKind? expected = last switch
        {
            FactKind.CallReturned => OutcomeKind.Handled,
            FactKind.UnpackThrew or FactKind.CallRefused => OfInvalid(settings.OnInvalid),
            FactKind.CallThrew => StageOf(fact.Partition!) < settings.RetryTopics.Count ? OutcomeKind.Deferred : OfFailure(settings.OnFailure),
            FactKind.Assigned => settings.OnUnmatched == UnmatchedType.DeadLetter ? OutcomeKind.DeadLettered : OutcomeKind.Skipped, // no handler takes its type
            _ => null,
        };
        var attempts = settings.Retry?.Attempts ?? 1;
        if ((OutcomeKind)fact.Number != expected) Violated(in fact, $"has the outcome {(OutcomeKind)fact.Number} after {last}: {settings}");
        else if (calls > attempts) Violated(in fact, $"was handled with {calls} calls of {attempts}");
        else if (last == FactKind.CallThrew && calls < attempts) Violated(in fact, $"has the outcome {expected} after {calls} calls of {attempts}");
    }

    private static OutcomeKind OfInvalid(InvalidMessage policy) => policy switch
    {
        InvalidMessage.Skip => OutcomeKind.Skipped,
        InvalidMessage.DeadLetter => OutcomeKind.DeadLettered,
        _ => OutcomeKind.Failed,
    };

    private static OutcomeKind OfFailure(FailedHandler policy) => policy switch
    {
        FailedHandler.Skip => OutcomeKind.Skipped,
        FailedHandler.DeadLetter => OutcomeKind.DeadLettered,
        _ => OutcomeKind.Failed,
    };
}

/// <summary>At the end, when faults have ceased, every message has had a final outcome and is committed.</summary>
internal sealed class AtLeastOnce(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(SimulatedPartition, long)> final = [];
    private readonly HashSet<int> settled = []; // messages, in whatever topic they came to their end
    private readonly Dictionary<SimulatedPartition, long> passed = []; // by a rewind: whoever goes there wants what is behind it

    public override string Name => "at least once";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Rewound) passed[fact.Partition!] = Math.Max(fact.Position, passed.GetValueOrDefault(fact.Partition!, -1));
        if (fact.Kind != FactKind.Outcome || !IsFinal(in fact)) return;
        final.Add((fact.Partition!, fact.Position));
        if ((OutcomeKind)fact.Number != OutcomeKind.Deferred) settled.Add(SimulatedMessage.IdOf(fact.Partition!, fact.Position));
    }

    protected override void End()
    {
        foreach (var (topic, promise) in Schedule.Promises)
            foreach (var partition in Schedule.Broker.Topic(topic).Partitions)
                if (!IsKept(partition, promise.Settings)) return;
    }

    private bool IsKept(SimulatedPartition partition, HandlerSettings settings)
    {
        var committed = Schedule.Broker.Group(settings.Group!).Of(partition).Committed;
        if (committed != partition.Last)
        {
            Violated($"lane {partition} is committed up to {committed} of {partition.Last} at the end");
            return false;
        }

        if (settings.Commit == Commit.OnRead) return true;
        foreach (var message in partition.Messages)
        {
            if (message.Position.Number <= passed.GetValueOrDefault(partition, -1)) continue;
            if (final.Contains((partition, message.Position.Number)) && settled.Contains(SimulatedMessage.IdOf(message.Body))) continue;
            Violated($"lane {partition} position {message.Position} never had a final outcome");
            return false;
        }

        return true;
    }
}

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

/// <summary>A stop ends within its budget of virtual time, whatever handlers and broker do.</summary>
internal sealed class StopsWithinBudget(Schedule schedule) : Invariant(schedule)
{
    private static readonly TimeSpan Slack = TimeSpan.FromSeconds(1);

    private readonly Dictionary<int, TimeSpan> began = [];

    public override string Name => "a stop ends within its budget";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.StopBegan) began[fact.Process!.Value] = fact.At;
        if (fact.Kind != FactKind.StopEnded) return;
        var took = fact.At - began[fact.Process!.Value] - TimeSpan.FromTicks(fact.Number);
        if (took > Schedule.Options.StopBudget + Slack) Violated(in fact, $"the stop took {took.TotalSeconds:0.0} s of virtual time, and its budget is {Schedule.Options.StopBudget.TotalSeconds:0.0} s");
    }
}
