namespace Handlers;

/// <summary>
/// A lane while it is this process's: its loop runs, maybe several one after the other where it is rewound, and then the lane is handed
/// over (revoked, stopped, finished: one path) or let go of (lost).
/// </summary>
internal sealed class Assignment
{
    private readonly Lock gate = new();
    private readonly ILane lane;
    private readonly Func<LaneId, LaneRoute> route;
    private readonly LaneParts parts;
    private volatile LaneRun run;
    private Rewind? rewind;            // guarded by gate
    private bool over;                 // guarded by gate
    private int limit = int.MaxValue;  // guarded by gate

    /// <param name="lane">The lane.</param>
    /// <param name="pause">Whether it may begin messages.</param>
    /// <param name="route">What handles its messages, in an epoch.</param>
    /// <param name="parts">What the loops of the subscription share.</param>
    public Assignment(ILane lane, LanePause pause, Func<LaneId, LaneRoute> route, LaneParts parts)
    {
        this.lane = lane;
        this.route = route;
        this.parts = parts;
        Pause = pause;
        Id = lane.Id;
        run = NewRun();
        Age = new LaneAges(parts.Time, run.Route.Topic.TakesLists ? run.Route.Settings.BatchTime : TimeSpan.Zero);
    }

    /// <summary>The lane as it was assigned.</summary>
    public LaneId Id { get; }

    public LanePause Pause { get; }

    /// <summary>How long its messages are under way, and the oldest without an outcome.</summary>
    public LaneAges Age { get; }

    public CommitStrategy Commit => run.Loop.Commit;

    public LaneState State => lane.State;

    public bool IsCaughtUp => run.Loop.IsCaughtUp;

    public int Uncommitted => run.Loop.Uncommitted;

    public (long Ticket, Position Position)? Oldest => run.Loop.Oldest;

    /// <summary>The watermark; null before the first of its epoch.</summary>
    public Position? Handled => run.Loop.Handled;

    /// <summary>How the lane ended. Read when it has run.</summary>
    public LaneEnd End { get; private set; } = LaneEnd.Stopped;

    /// <summary>Whether a message is under way.</summary>
    public bool IsBusy => run.Loop.IsBusy;

    /// <summary>Messages under way: begun and without an outcome, pauses between calls again included.</summary>
    public int Running => run.Loop.Running;

    /// <summary>Those of them that began first, in their order, with their ages as of the watch's last look.</summary>
    public IReadOnlyList<MessageUnderWay> UnderWay
    {
        get
        {
            var (loop, epoch) = (run.Loop, lane.Id.Epoch);
            if (loop.Running == 0) return [];
            var tickets = new OldestTickets(LaneLook.MostUnderWay);
            loop.CopyRunning(tickets);
            var found = new List<MessageUnderWay>(tickets.All.Length);
            foreach (var ticket in tickets.All)
                if (loop.Find(ticket) is { } message) found.Add(new MessageUnderWay(message.Position, Age.UnderWay(epoch, ticket), message.Handler));
            return found;
        }
    }

    /// <summary>What the watch sees of it now.</summary>
    public void LookInto(LaneLook look)
    {
        var loop = run.Loop;
        var oldest = loop.Oldest;
        look.Epoch = lane.Id.Epoch;
        look.Oldest = Pause.IsPaused && !loop.IsBusy ? null : oldest?.Ticket; // paused, only what hangs counts
        look.Handled = loop.Handled;
        look.State = lane.State;
        look.HasUncommitted = oldest is not null;
        look.MayStand = (Pause.Reasons & (PauseReasons.Asked | PauseReasons.CircuitBreaker)) != 0 || (oldest is null && loop.Uncommitted > 0);
        look.UnderWay.Clear();
        loop.CopyRunning(look.UnderWay);
    }

    /// <summary>The lane in its epoch of now.</summary>
    public LaneId Epoch => lane.Id;

    /// <summary>The most messages of this lane at once.</summary>
    public void Limit(int most)
    {
        lock (gate)
        {
            limit = most;
            run.Loop.Limit(most);
        }
    }

    /// <summary>
    /// Ends what is under way, as for a hand-over, and goes on at another position in a new epoch. Completes when it is there; throws an
    /// <see cref="InvalidOperationException"/> where the lane ended first.
    /// </summary>
    public Task RewindAsync(StartPosition to)
    {
        Rewind asked;
        LaneRun now;
        lock (gate)
        {
            if (over) return Task.FromException(new InvalidOperationException($"Lane {Id} is not this process's any more."));
            asked = rewind = new Rewind(to, rewind); // the last one counts, and tells those before it
            now = run; // the next one is not to be stopped for what led to it
        }

        now.Stop.Begin(parts.Options.RevokeBudget, parts.Options.DrainShare);
        return asked.Done.Task;
    }

    /// <summary>Runs until the lane ends, then hands it over: drain, commit, release.</summary>
    /// <param name="failed">
    /// Told the error that ended it, if one did, and before the lane is released where it is known by then: a member that does not stop yet would be handed back
    /// what it releases, and its handler called once more.
    /// </param>
    public async Task RunAsync(Action<Exception> failed)
    {
        using var onLost = lane.Lost.UnsafeRegister(static s => ((Assignment)s!).run.Stop.BeginAtOnce(), this);
        _ = WatchRevokedAsync(); // tasks that nobody awaits: what an async void throws ends the process
        while (true)
        {
            var running = parts.StartWork(run.Loop.RunAsync);
            await running.WaitAsync(run.Stop.Abandon).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (!running.IsCompleted) _ = GiveUpAsync(run, running);
            var failure = running.Exception?.InnerException;
            if (failure is null && GoesOn() is { } to)
            {
                failure = await SeekAsync(to);
                if (failure is null && TryBegin(to, ref failure)) continue;
            }

            var end = lane.Lost.IsCancellationRequested ? LaneEnd.Lost
                : running.IsCompletedSuccessfully && run.Loop.HasFinished ? LaneEnd.Finished
                : lane.Revoked.IsCompleted ? LaneEnd.Revoked
                : LaneEnd.Stopped;
            // A lane's loss may be known to its transport before the plan has heard of it.
            if (running.IsCanceled && end != LaneEnd.Lost && !run.Stop.Intake.IsCancellationRequested) failure ??= new TransportException($"Reading lane {Id} of group '{run.Route.Group}' was cancelled by its transport.");
            if (failure is not null) failed(failure);
            await EndAsync(end, error =>
            {
                if (failure is null) failed(failure = error); // the first one ended it
            });
            run.Stop.Close();
            return;
        }
    }

    private async Task EndAsync(LaneEnd end, Action<Exception> failed)
    {
        End = await HandOver.EndAsync(lane, end, run.Route, run.Loop, parts, failed, run.Stop.End);
        Rewind? asked;
        lock (gate)
        {
            over = true;
            (asked, rewind) = (rewind, null);
        }

        asked?.Fail(new InvalidOperationException($"Lane {Id} ended ({End}) before it went to another position."));
        parts.Logger.LaneEnded(run.Route.Name, Id, End, run.Route.Counts.Handled);
    }

    /// <summary>A rewind that was asked for, where the lane is ours for longer.</summary>
    private Rewind? GoesOn()
    {
        if (lane.Lost.IsCancellationRequested || lane.Revoked.IsCompleted || parts.Stop.Intake.IsCancellationRequested) return null;
        lock (gate)
        {
            var asked = rewind;
            rewind = null;
            return asked;
        }
    }

    private async Task<Exception?> SeekAsync(Rewind asked)
    {
        run.Loop.Close();
        try
        {
            await run.Loop.Commit.BeforeSeekAsync(parts.Stop.End);
            run.Loop.Commit.Abandon();
            await run.Loop.ReadEnded.OrStopAsync(parts.Stop.End); // of a loop that was given up: what it reads after the seek would be lost to the next
            await parts.Flusher.BetweenAsync(() => lane.SeekAsync(asked.To, parts.Stop.End), parts.Stop.End);
        }
        catch (Exception e)
        {
            asked.Fail(e);
            return lane.Lost.IsCancellationRequested ? null : e is TransportException { IsRefused: true } ? await StayAsync(e) : e;
        }

        return null;
    }

    private bool TryBegin(Rewind asked, ref Exception? failure)
    {
        try
        {
            return Begin(asked);
        }
        catch (Exception e)
        {
            asked.Fail(failure = e); // the application's middleware could not be made
            return false;
        }
    }

    /// <summary>The lane cannot go there (no such position): it stays where it was, which only who asked for it needs to know.</summary>
    private async Task<Exception?> StayAsync(Exception refused)
    {
        if (run.Loop.GoesOnAt is not { } there) return null; // its next read is the first still
        try
        {
            await parts.Flusher.BetweenAsync(() => lane.SeekAsync(there, parts.Stop.End), parts.Stop.End);
            return null;
        }
        catch (Exception e)
        {
            return new TransportException($"Lane {Id} of group '{run.Route.Group}' cannot go where it was asked to ({refused.Message}), nor back to where it was.", e);
        }
    }

    /// <summary>The next epoch. False: the lane was lost on the way.</summary>
    private bool Begin(Rewind asked)
    {
        if (lane.Lost.IsCancellationRequested)
        {
            asked.Fail(new InvalidOperationException($"Lane {Id} ended ({LaneEnd.Lost}) just when it had gone to another position."));
            return false;
        }

        var next = NewRun();
        run.Stop.Close();
        bool again;
        lock (gate)
        {
            run = next;
            run.Loop.Limit(limit);
            again = rewind is not null;
        }

        // What happened while there was no plan to hear of it.
        if (lane.Lost.IsCancellationRequested) run.Stop.BeginAtOnce();
        else if (lane.Revoked.IsCompleted) _ = WatchRevokedAsync();
        if (again) run.Stop.Begin(parts.Options.RevokeBudget, parts.Options.DrainShare);
        if (asked.Done.Task.IsFaulted) return true;
        parts.Logger.Rewound(run.Route.Name, Id, asked.ToString());
        asked.Succeed();
        return true;
    }

    private LaneRun NewRun()
    {
        var plan = new StopPlan(parts.Time, parts.Stop, CancelHandlers);
        var newRoute = route(lane.Id);
        return new LaneRun(newRoute, new ConsumerLoop(lane, newRoute, parts, plan), plan);
    }

    /// <summary>Callbacks on the handler's token are the user's: they run elsewhere, and one that throws or blocks holds up nothing.</summary>
    private void CancelHandlers(CancellationTokenSource handlers) => _ = parts.StartWork(() =>
    {
        try
        {
            handlers.Cancel();
        }
        catch (AggregateException e)
        {
            parts.Logger.CallbackFailed(e, run.Route.Name, Id);
        }

        return Task.CompletedTask;
    });

    // Never faults; of a lane that is not revoked, it is collected with the lane.
    private async Task WatchRevokedAsync()
    {
        var revocation = await lane.Revoked;
        run.Stop.Begin(revocation.Deadline - parts.Time.GetUtcNow(), parts.Options.DrainShare);
    }

    /// <summary>The call runs on; its epoch is fenced. How it ends is only worth a line.</summary>
    private async Task GiveUpAsync(LaneRun given, Task running)
    {
        parts.Logger.Overrun(given.Route.Name, Id, given.Loop.Oldest?.Position.ToString() ?? "?");
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        parts.Logger.OverrunEnded(running.Exception?.InnerException, given.Route.Name, Id);
    }

    /// <summary>One epoch of the lane.</summary>
    private sealed record LaneRun(LaneRoute Route, ConsumerLoop Loop, StopPlan Stop);
}
