using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>What handles messages of one lane, looked up once per lane.</summary>
/// <param name="Name">The handler's name.</param>
/// <param name="Dispatcher">Unpacks and calls.</param>
/// <param name="Failure">Settles what failed.</param>
/// <param name="Counts">Its counts in this lane.</param>
/// <param name="Failures">Its last failures, of all lanes.</param>
/// <param name="Calls">What is told of its calls in this lane.</param>
/// <param name="OnLate">Counts an outcome that came after the lane had ended, when nobody reads the lane's own counts any more.</param>
internal sealed record LaneHandler(string Name, Dispatcher Dispatcher, FailurePolicy Failure, LaneCounts Counts, LastFailures Failures, CallTelemetry Calls, Action OnLate)
{
    /// <summary>A call after one that failed; it counts as that one did.</summary>
    public async ValueTask<Outcome> CallAgainAsync(Message message, CancellationToken stop)
    {
        var outcome = await Dispatcher.DispatchAsync(in message, stop);
        if (outcome.Kind == OutcomeKind.Failed) Counts.FailedCalls(1);
        return outcome;
    }
}

/// <summary>What the loops of a subscription share.</summary>
internal sealed record LaneParts(
    HandlersOptions Options, Flusher Flusher, StopPlan Stop, TimeProvider Time, StartWork StartWork, ILogger Logger, IOutcomeListener? Listener, GroupTelemetry Telemetry)
{
    private static readonly TimeSpan LeastToLeave = TimeSpan.FromSeconds(10);

    /// <summary>How long a transport may take to release a lane or to leave a group, before it is left to itself.</summary>
    public TimeSpan LeaveLimit => Options.StopBudget > LeastToLeave ? Options.StopBudget : LeastToLeave;
}

/// <summary>Hears every outcome. None in production; the test host's.</summary>
internal interface IOutcomeListener
{
    void OnOutcome(string handler, LaneId lane, Position position, Outcome outcome);
}

/// <summary>A handler or a message ended its subscription, by policy. The message names handler, lane and position.</summary>
public sealed class HandlerFailedException : Exception
{
    internal HandlerFailedException(string summary, string reason, Exception? innerException) : base($"{summary}: {reason}", innerException) =>
        Summary = innerException is null ? summary : $"{summary} ({innerException.GetType().Name})";

    /// <summary>The message without what the exception says: that is the application's, and may quote anything.</summary>
    internal string Summary { get; }
}
