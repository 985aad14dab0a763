namespace Handlers;

/// <summary>
/// Looks at each lane and says when a message of it is without an outcome for too long. It looks once a second, so that no message pays for it with a
/// look at the clock.
/// </summary>
internal sealed class StuckWatch(IReadOnlyList<TopicLanes> topics, LaneParts parts)
{
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private readonly LaneLook seen = new(); // used again for each lane
    private bool commitIsSaid;
    private long looked; // when it did last, as a timestamp; 0: it does not run

    /// <summary>How long ago it looked last. Zero while it does not run.</summary>
    public TimeSpan Age => Volatile.Read(ref looked) is not 0 and var at ? parts.Time.GetElapsedTime(at) : TimeSpan.Zero;

    public async Task RunAsync(CancellationToken ended)
    {
        Looked();
        using var timer = new PeriodicTimer(Look, parts.Time);
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                foreach (var topic in topics)
                    foreach (var lane in topic.Lanes) LookAt(topic, lane);
                LookAtCommit();
                Looked();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            Volatile.Write(ref looked, 0);
        }
    }

    private void Looked() => Volatile.Write(ref looked, Math.Max(1, parts.Time.GetTimestamp()));

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
        lane.LookInto(seen);
        var age = lane.Age.Look(seen);
        if (age < parts.Options.StuckAfter || lane.Age.IsSaid) return;
        lane.Age.IsSaid = true;
        if (lane.Oldest is { } oldest) parts.Logger.Stuck(topic.Topic.Names, lane.Id, oldest.Position, age, lane.Uncommitted - 1);
    }
}
