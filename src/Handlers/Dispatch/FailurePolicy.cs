namespace Handlers;

/// <summary>Settles an outcome that is not final, as the handler declared.</summary>
internal sealed class FailurePolicy(InvalidMessage onInvalid, FailedHandler onFailure)
{
    /// <summary>The outcome, made final where the policy says so.</summary>
    public Outcome Settle(Outcome outcome)
    {
        if (outcome.Kind != OutcomeKind.Failed) return outcome;
        var skip = outcome.IsInvalid ? onInvalid == InvalidMessage.Skip : onFailure == FailedHandler.Skip;
        return skip ? outcome.Skipped() : outcome;
    }
}
