using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>What handles messages of one lane, looked up once per lane.</summary>
/// <param name="Name">The handler's name.</param>
/// <param name="Dispatcher">Unpacks and calls.</param>
/// <param name="Failure">Settles what failed.</param>
/// <param name="Counts">Its counts in this lane.</param>
/// <param name="Calls">What is told of its calls in this lane.</param>
/// <param name="OnLate">Counts an outcome that came after the lane had ended, when nobody reads the lane's own counts any more.</param>
internal sealed record LaneHandler(string Name, Dispatcher Dispatcher, FailurePolicy Failure, LaneCounts Counts, CallTelemetry Calls, Action OnLate);

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
    internal HandlerFailedException(string message, Exception? innerException) : base(message, innerException) { }
}
