using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>What handles the messages of one lane, looked up once per lane.</summary>
internal sealed record LaneHandler(string Name, HandlerSettings Settings, Dispatcher Dispatcher, Order Order, FailurePolicy Failure);

/// <summary>What the loops of a subscription share.</summary>
internal sealed record LaneParts(
    HandlersOptions Options, Flusher Flusher, StopPlan Stop, TimeProvider Time, StartWork StartWork, ILogger Logger, IOutcomeListener? Listener);

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
    internal HandlerFailedException(string message, Exception innerException) : base(message, innerException) { }
}
