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
