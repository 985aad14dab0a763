using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>What handles the messages of one lane, looked up once per lane.</summary>
/// <param name="Name">The handler's name.</param>
/// <param name="Settings">Its settings.</param>
/// <param name="Dispatcher">Unpacks and calls.</param>
/// <param name="Order">What may be handled at the same time.</param>
/// <param name="Failure">Settles what failed.</param>
/// <param name="OnLate">Counts an outcome that came after the lane had ended, when nobody reads the lane's own counts any more.</param>
internal sealed record LaneHandler(string Name, HandlerSettings Settings, Dispatcher Dispatcher, Order Order, FailurePolicy Failure, Action OnLate);

/// <summary>What the loops of a subscription share.</summary>
internal sealed record LaneParts(
    HandlersOptions Options, Flusher Flusher, StopPlan Stop, TimeProvider Time, StartWork StartWork, ILogger Logger, IOutcomeListener? Listener)
{
    private static readonly TimeSpan LeastToLeave = TimeSpan.FromSeconds(10);

    /// <summary>How long a transport may take to release a lane or to leave a group, before it is left to itself.</summary>
    public TimeSpan LeaveLimit => Options.StopBudget > LeastToLeave ? Options.StopBudget : LeastToLeave;
}

/// <summary>Starts work of the runtime. The one place where it leaves the caller's flow, so that a simulation can run it on one thread.</summary>
internal delegate Task StartWork(Func<Task> work);

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
