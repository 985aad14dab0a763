namespace Handlers;

/// <summary>
/// Looks at the oldest message of each lane and says when it is without an outcome for too long. It looks once a second, so that no
/// message pays for it with a look at the clock.
/// </summary>
internal sealed class StuckWatch(IReadOnlyList<TopicLanes> topics, LaneParts parts)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private bool commitIsSaid;

    public async Task RunAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(Look, parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                foreach (var topic in topics)
                    foreach (var lane in topic.Lanes) LookAt(topic, lane);
                LookAtCommit();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private void LookAtCommit()
    {
        var age = parts.Flusher.Age;
        if (age < parts.Options.StuckAfter) commitIsSaid = false;
        else if (!commitIsSaid)
        {
            commitIsSaid = true;
            parts.Logger.CommitStuck(parts.Flusher.Group, age);
        }
    }

    private void LookAt(TopicLanes topic, Assignment lane)
    {
        var age = lane.Age.Look(lane.Epoch.Epoch, lane.Pause.IsPaused && !lane.IsBusy ? null : lane.Oldest); // paused, only what hangs counts
        if (age < parts.Options.StuckAfter || lane.Age.IsSaid) return;
        lane.Age.IsSaid = true;
        if (lane.Oldest is { } oldest) parts.Logger.Stuck(topic.Topic.Names, lane.Id, oldest.Position, age, lane.Uncommitted - 1);
    }
}

/// <summary>How long the oldest message of a lane has been that. Written by the watch; read by anybody.</summary>
/// <param name="time">Time.</param>
/// <param name="waits">How long it may wait for others before its call begins; that is no age.</param>
internal sealed class OldestAge(TimeProvider time, TimeSpan waits)
{
    private readonly Lock gate = new();
    private (long Epoch, long Ticket)? oldest; // guarded by gate
    private long since;                        // guarded by gate

    /// <summary>Whether the log has it already. The watch's own.</summary>
    public bool IsSaid { get; set; }

    /// <summary>How long the message that was oldest at the last look has been so. Zero where there was none.</summary>
    public TimeSpan Now
    {
        get
        {
            lock (gate) return oldest is not null && time.GetElapsedTime(since) - waits is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
        }
    }

    public TimeSpan Look(long epoch, (long Ticket, Position Position)? now)
    {
        (long, long)? seen = now is { } message ? (epoch, message.Ticket) : null;
        lock (gate)
        {
            if (seen != oldest)
            {
                oldest = seen;
                since = time.GetTimestamp();
                IsSaid = false;
            }
        }

        return Now;
    }
}
