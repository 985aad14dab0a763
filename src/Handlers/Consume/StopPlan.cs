using System.Diagnostics.CodeAnalysis;

namespace Handlers;

/// <summary>
/// How work ends in order: intake first, then handlers' tokens, then nobody waits any longer. One for the process, one for each
/// subscription under it, one for each lane under that; a plan that begins takes those below it along.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "The sources have no timers or handles of their own, and handlers may look at their tokens for as long as they run.")]
internal sealed class StopPlan
{
    /// <summary>The share of the budget that is left for commit and release when handlers are given up.</summary>
    private const double Reserve = 0.1;

    private static readonly TimeSpan Grace = TimeSpan.FromSeconds(1);

    private readonly TimeProvider time;
    private readonly Action<CancellationTokenSource> cancelHandlers;
    private readonly CancellationTokenSource intake = new();
    private readonly CancellationTokenSource handlers = new();
    private readonly CancellationTokenSource abandon = new();
    private readonly CancellationTokenSource end = new();
    private readonly List<CancellationTokenRegistration> links = [];
    private readonly List<ITimer> timers = []; // guarded by itself
    private bool closed;                     // guarded by timers

    /// <param name="time">Time.</param>
    /// <param name="above">The plan that takes this one along.</param>
    /// <param name="cancelHandlers">
    /// How the token is cancelled that handlers get: callbacks on it are the user's, and may throw or block. Default: here and now.
    /// </param>
    public StopPlan(TimeProvider time, StopPlan? above = null, Action<CancellationTokenSource>? cancelHandlers = null)
    {
        this.time = time;
        this.cancelHandlers = cancelHandlers ?? (static source => source.Cancel());
        if (above is null) return;
        Link(intake, above.Intake);
        Link(handlers, above.Handlers);
        Link(abandon, above.Abandon);
        Link(end, above.End);
    }

    /// <summary>Fires when nothing new is read or begun.</summary>
    public CancellationToken Intake => intake.Token;

    /// <summary>Fires when handlers should give up. It is the token that they get.</summary>
    public CancellationToken Handlers => handlers.Token;

    /// <summary>Fires when handlers that run on are waited for no longer.</summary>
    public CancellationToken Abandon => abandon.Token;

    /// <summary>Fires at the end of the budget, for the last commit and release.</summary>
    public CancellationToken End => end.Token;

    /// <summary>Begins to stop.</summary>
    /// <param name="budget">How long stopping may take in all.</param>
    /// <param name="drainShare">The part of it, 0 to 1, in which handlers may finish before their tokens fire.</param>
    public void Begin(TimeSpan budget, double drainShare)
    {
        intake.Cancel();
        After(budget * drainShare, handlers);
        After(budget * (1 - Reserve), abandon);
        After(budget, end);
    }

    /// <summary>Stops handlers at once: tokens fire now, and those that listen have a moment to end.</summary>
    public void BeginAtOnce() => Begin(Grace, 0);

    /// <summary>Nothing is stopped by it any more: it lets go of the plan above and of its timers.</summary>
    public void Close()
    {
        foreach (var link in links) link.Unregister();
        lock (timers)
        {
            closed = true;
            foreach (var timer in timers) timer.Dispose();
        }

        // The sources hold nothing and stay: a handler that runs on may still look at its token.
    }

    private void Link(CancellationTokenSource source, CancellationToken above) => links.Add(above.UnsafeRegister(Cancel, source));

    private void Cancel(object? source)
    {
        if (source == handlers) cancelHandlers(handlers);
        else ((CancellationTokenSource)source!).Cancel();
    }

    private void After(TimeSpan delay, CancellationTokenSource source)
    {
        if (delay <= TimeSpan.Zero)
        {
            Cancel(source);
            return;
        }

        lock (timers)
        {
            if (!closed) timers.Add(time.CreateTimer(Cancel, source, delay, Timeout.InfiniteTimeSpan));
        }
    }
}
