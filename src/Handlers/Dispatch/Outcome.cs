namespace Handlers;

/// <summary>An outcome as a value: it travels instead of an exception.</summary>
internal readonly struct Outcome
{
    private Outcome(OutcomeKind kind, bool isInvalid, Exception? exception)
    {
        Kind = kind;
        IsInvalid = isInvalid;
        Exception = exception;
    }

    public static Outcome Handled => new(OutcomeKind.Handled, false, null);

    public OutcomeKind Kind { get; }

    /// <summary>Whether the message, not the handler, was at fault.</summary>
    public bool IsInvalid { get; }

    public Exception? Exception { get; }

    /// <summary>Only a final outcome moves the watermark.</summary>
    public bool IsFinal => Kind is OutcomeKind.Handled or OutcomeKind.Skipped;

    public static Outcome Invalid(Exception exception) => new(OutcomeKind.Failed, true, exception);

    /// <summary>The outcome of a call that threw. A call cut short by our own token has none.</summary>
    public static Outcome Of(Exception exception, CancellationToken stop) => exception switch
    {
        OperationCanceledException when stop.IsCancellationRequested => default,
        InvalidMessageException => Invalid(exception),
        _ => new(OutcomeKind.Failed, false, exception),
    };

    /// <summary>The same, made final: the policy says go on.</summary>
    public Outcome Skipped() => new(OutcomeKind.Skipped, IsInvalid, Exception);
}
