namespace Handlers;

/// <summary>What the handlers of this process are doing. Injectable; a snapshot at each call.</summary>
public sealed class HandlersStatus
{
    private static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(20);

    private readonly HandlersRuntime runtime;
    private readonly TimeProvider time;

    internal HandlersStatus(HandlersRuntime runtime, TimeProvider time)
    {
        this.runtime = runtime;
        this.time = time;
    }

    /// <summary>Each handler, with its counts and the lanes that it has now.</summary>
    public IReadOnlyList<HandlerStatus> Handlers => [.. runtime.Subscriptions.SelectMany(Snapshot)];

    /// <summary>The errors that ended subscriptions.</summary>
    public IReadOnlyList<Exception> Failures => runtime.Failures;

    /// <summary>
    /// Completes when every lane of this process is read to its end and all of it is handled, what handlers published to each
    /// other included; or when a subscription has ended by an error. A subscription without a lane is not caught up: another
    /// process has them all, or they are not assigned yet. Throws <see cref="OperationCanceledException"/> when the host stops.
    /// </summary>
    public async Task WhenCaughtUpAsync(CancellationToken stop = default)
    {
        // A message that is published while one handler finishes shows in the received count of another; so it takes two
        // looks between which nothing was received.
        long? before = null;
        while (runtime.Failures.Count == 0)
        {
            if (runtime.HasStopped) throw new OperationCanceledException("The host has stopped.");
            var received = runtime.Subscriptions.Sum(static s => s.Group.Handlers.Sum(static h => h.Counts.Received));
            var caughtUp = IsCaughtUp() && await LookedAsync(stop) && IsCaughtUp();
            if (caughtUp && before == received) return;
            before = caughtUp ? received : null;
            await Task.Delay(Poll, time, stop);
        }
    }

    private bool IsCaughtUp() => runtime.HasStarted && runtime.Subscriptions.All(static s => s.IsCaughtUp);

    /// <summary>Lanes may not know yet what was published a moment ago. False: the broker does not answer just now.</summary>
    private async ValueTask<bool> LookedAsync(CancellationToken stop)
    {
        try
        {
            foreach (var subscription in runtime.Subscriptions) await subscription.LookAsync(stop);
            return true;
        }
        catch (TransportException e) when (e.IsTransient)
        {
            return false;
        }
    }

    private static IEnumerable<HandlerStatus> Snapshot(SubscriptionLoop subscription) => subscription.Group.Handlers.Select(handler => new HandlerStatus(
        handler.Registration.Name, handler.Settings.Topic, subscription.Group.Group, handler.Counts,
        [.. subscription.Topics.Where(t => t.Topic.Handlers.Contains(handler)).SelectMany(t => t.Lanes).Select(Snapshot)])
    {
        Settings = handler.Settings,
        Concurrency = ConcurrencyOf(subscription, handler),
        WatchAge = subscription.WatchAge,
        Failures = handler.Failures.Read(),
        CommitFailures = subscription.CommitFailures,
        HadLanes = TopicOf(subscription, handler).HadLanes,
        CommitAge = subscription.CommitAge,
        PollAge = subscription.PollAge,
        Restarts = subscription.Restarts,
        WithoutLanes = TopicOf(subscription, handler).WithoutLanes,
    });

    private static TopicLanes TopicOf(SubscriptionLoop subscription, CatalogHandler handler) =>
        subscription.Topics.First(t => t.Topic.Delay is null && t.Topic.Handlers.Contains(handler));

    /// <summary>With order by lane it is the lanes that run beside each other.</summary>
    private static int ConcurrencyOf(SubscriptionLoop subscription, CatalogHandler handler) => TopicOf(subscription, handler) is { Topic.Settings.Ordering: not Ordering.Lane } topic
        ? topic.Queue.Concurrency
        : subscription.Topics.Where(t => t.Topic.Handlers.Contains(handler)).Sum(static t => t.Lanes.Count);

    private static LaneStatus Snapshot(Assignment lane) => new(lane.Epoch, lane.State, lane.IsCaughtUp)
    {
        Uncommitted = lane.Uncommitted,
        Oldest = lane.Oldest?.Position,
        OldestAge = lane.Age.Now,
        Paused = lane.Pause.Reasons,
        Watermark = lane.Handled,
        WatermarkAge = lane.Age.Watermark,
        InFlight = lane.Running,
        UnderWay = lane.UnderWay,
    };
}

/// <summary>One handler.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Topic">Its topic, at the broker.</param>
/// <param name="Group">Its group.</param>
/// <param name="Counts">What became of the messages that it got in this process.</param>
/// <param name="Lanes">The lanes that it has now, those of its retry topics among them.</param>
public sealed record HandlerStatus(string Name, string Topic, string Group, HandlerCounts Counts, IReadOnlyList<LaneStatus> Lanes)
{
    /// <summary>For how long a commit of its group is under way. Zero where none is.</summary>
    public TimeSpan CommitAge { get; init; }

    /// <summary>How long ago the transport polled for its group: what keeps the membership alive. Null where the transport does not poll, or no longer.</summary>
    public TimeSpan? PollAge { get; init; }

    /// <summary>
    /// For how long its topic has had no lane in this process; null while it has one. No fault by itself: a group may have more processes than
    /// there are lanes.
    /// </summary>
    public TimeSpan? WithoutLanes { get; init; }

    /// <summary>How often the subscription of its group began again because a handler asked for it (<see cref="RestartProcessingException"/>).</summary>
    public int Restarts { get; init; }

    /// <summary>What its attributes and the configuration say together.</summary>
    public required HandlerSettings Settings { get; init; }

    /// <summary>Whether its topic has had a lane in this process yet.</summary>
    public bool HadLanes { get; init; }

    /// <summary>How often in a row making the positions of its group durable has failed by now; it is tried again. Zero where the last attempt succeeded.</summary>
    public int CommitFailures { get; init; }

    /// <summary>
    /// How many of its messages may be under way at once now (<see cref="HandlersControl"/> may have changed it): with <see cref="Ordering.Lane"/> one in each
    /// lane that is here.
    /// </summary>
    public int Concurrency { get; init; }

    /// <summary>How long ago its lanes were looked at last; they are once a second. It grows where the process has no thread to spare.</summary>
    public TimeSpan WatchAge { get; init; }

    /// <summary>Its last failures, at most five, the newest first. Attempts that are tried again are among them.</summary>
    public IReadOnlyList<FailureStatus> Failures { get; init; } = [];
}

/// <summary>One lane.</summary>
/// <param name="Id">Topic, partition, epoch.</param>
/// <param name="State">How far it is read.</param>
/// <param name="IsCaughtUp">Whether all that it has is handled.</param>
public sealed record LaneStatus(LaneId Id, LaneState State, bool IsCaughtUp)
{
    /// <summary>Messages received and not below the watermark.</summary>
    public int Uncommitted { get; init; }

    /// <summary>The oldest message without an outcome; null where there is none.</summary>
    public Position? Oldest { get; init; }

    /// <summary>How long it has been the oldest, as of a look once a second. Zero while the lane is paused and no handler is called.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>Why it begins no messages.</summary>
    public PauseReasons Paused { get; init; }

    /// <summary>Its watermark, the last position that is handled with all before it; null before the first since the lane is here.</summary>
    public Position? Watermark { get; init; }

    /// <summary>For how long its watermark has stood although there is something to do. Zero where there is nothing, or people paused it.</summary>
    public TimeSpan WatermarkAge { get; init; }

    /// <summary>How many messages are under way: begun and without an outcome, pauses between attempts included.</summary>
    public int InFlight { get; init; }

    /// <summary>The oldest messages that are under way, at most 64 and the oldest first, with their ages as of a look once a second.</summary>
    public IReadOnlyList<MessageUnderWay> UnderWay { get; init; } = [];
}
