namespace Handlers;

/// <summary>
/// One membership of a group: an assignment for each lane that it is given, and the committer that makes their watermarks durable.
/// </summary>
internal sealed class SubscriptionLoop : IAsyncDisposable
{
    private readonly GroupHandlers group;
    private readonly ISubscription subscription;
    private readonly LaneParts parts;
    private readonly IReadOnlyList<TopicLanes> topics;
    private readonly TopicNames names;
    private readonly StuckWatch watch;
    private volatile bool hasEnded;
    private int begun;          // 1: it runs or has run, and leaves the group itself
    private Exception? failure; // the first one counts, whoever has it

    public SubscriptionLoop(GroupHandlers group, ISubscription subscription, IReadOnlyList<TopicLanes> topics, LaneParts parts)
    {
        this.group = group;
        this.subscription = subscription;
        this.topics = topics;
        this.parts = parts;
        watch = new StuckWatch(topics, parts);
        names = new TopicNames(group.Topics.Select(static t => t.Name));
    }

    public GroupHandlers Group => group;

    /// <summary>How many there were of the group before it: it begins again when a handler asks for that.</summary>
    public int Restarts { get; init; }

    /// <summary>What is told of it.</summary>
    public GroupTelemetry Telemetry => parts.Telemetry;

    /// <summary>For how long a commit is under way. Zero where none is.</summary>
    public TimeSpan CommitAge => parts.Flusher.Age;

    /// <summary>How long ago the transport polled for the group; null where it does not.</summary>
    public TimeSpan? PollAge => subscription.State.PollAge;

    /// <summary>How often in a row making positions durable has failed by now.</summary>
    public int CommitFailures => parts.Flusher.Failures;

    /// <summary>How long ago its lanes were looked at last. Zero while it does not run.</summary>
    public TimeSpan WatchAge => watch.Age;

    /// <summary>Whether all of its lanes have ended: it leaves the group, or has left it.</summary>
    public bool HasEnded => hasEnded;

    /// <summary>Its topics with the lanes of now.</summary>
    public IReadOnlyList<TopicLanes> Topics => topics;

    /// <summary>Whose lanes a topic's are: of its name, or of the pattern that matches it; null where it is not read.</summary>
    public TopicLanes? Of(string topic) => names.Of(topic) is { } name ? topics.First(t => t.Topic.Name == name) : null;

    /// <summary>Each topic has a lane here, and all that the lanes have is handled.</summary>
    public bool IsCaughtUp => topics.All(static topic => topic.Lanes is { Count: > 0 } lanes && lanes.All(static l => l.IsCaughtUp));

    /// <summary>Has the lanes know their ends as of now.</summary>
    public ValueTask LookAsync(CancellationToken stop) => subscription.LookAsync(stop);

    /// <summary>Asks the broker anything.</summary>
    public ValueTask PingAsync(CancellationToken stop) => subscription.PingAsync(stop);

    /// <summary>Runs until the plan stops it or it fails. Returns the first failure, when every lane has ended.</summary>
    public async Task<Exception?> RunAsync()
    {
        if (Interlocked.Exchange(ref begun, 1) != 0) return null; // disposed before it could begin
        using var ended = new CancellationTokenSource();
        var committer = parts.StartWork(() => CommitAsync(ended.Token)); // the last room of a message's life: Commit/Committer.cs
        var watching = parts.StartWork(() => watch.RunAsync(ended.Token));
        var running = new List<Task>();
        try
        {
            await foreach (var lane in subscription.LanesAsync(parts.Stop.Intake))
            {
                running.RemoveAll(static task => task.IsCompleted);
                running.Add(Start(lane));
            }
        }
        catch (OperationCanceledException) when (parts.Stop.Intake.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            Fail(e);
        }

        await Task.WhenAll(running);
        ended.Cancel();
        await committer;
        await watching;
        hasEnded = true;
        await LeaveAsync();
        return failure;
    }

    /// <summary>Leaves the group where the host never came to run it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref begun, 1) == 0) await LeaveAsync();
    }

    private async ValueTask LeaveAsync()
    {
        try
        {
            await subscription.DisposeAsync().AsTask().WaitAsync(parts.LeaveLimit, parts.Time);
        }
        catch (TimeoutException)
        {
            // Every lane is committed and released by now: nothing is lost by it, others only wait longer for the lanes.
            parts.Logger.LeaveTimedOut(group.Group, parts.LeaveLimit);
        }
        catch (Exception e)
        {
            Fail(e);
        }

        parts.Stop.Close();
    }

    private Task Start(ILane lane)
    {
        var topic = Of(lane.Id.Topic) ?? throw new TransportException($"The transport gave group '{group.Group}' lane {lane.Id}, of a topic that it does not read.");
        parts.Logger.LaneBegan(topic.Topic.Names, lane.Id, group.Group);
        var assignment = topic.Begin(lane, parts);
        return parts.StartWork(async () =>
        {
            await assignment.RunAsync(Fail);
            topic.End(assignment);
        });
    }

    private async Task CommitAsync(CancellationToken ended)
    {
        try
        {
            await new Committer(() => topics.SelectMany(static t => t.Lanes).Select(static l => l.Commit), parts.Flusher, parts.Options.CommitInterval, group.IsTransactional ? parts.Options.TransactionInterval : null, parts.Time).RunAsync(ended);
        }
        catch (Exception e)
        {
            Fail(e);
        }
    }

    /// <summary>The first error ends the subscription; those that follow from it are only worth a line.</summary>
    private void Fail(Exception error)
    {
        if (Interlocked.CompareExchange(ref failure, error, null) is not null) parts.Logger.FailedToo(error, group.Group);
        else parts.Stop.Begin(parts.Options.StopBudget, parts.Options.DrainShare);
    }
}
