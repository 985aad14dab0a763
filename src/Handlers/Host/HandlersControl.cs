using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>
/// Steers the handlers of this process while they run. Injectable; every call may come from any thread. A lane is named by its partition
/// (or shard), that of a handler that reads a pattern of topics by <c>topic/partition</c>; handlers that share a topic and a group by message type are steered together.
/// </summary>
public sealed class HandlersControl
{
    private readonly HandlersRuntime runtime;
    private readonly ILogger logger;

    internal HandlersControl(HandlersRuntime runtime, ILogger<HandlersControl> logger)
    {
        this.runtime = runtime;
        this.logger = logger;
    }

    /// <summary>
    /// Begins no more messages; those under way go on. Holds until <see cref="Resume"/>, also for lanes that are taken away and come back,
    /// or come later. A null partition: the whole topic, its retry topics too. Throws <see cref="ArgumentException"/> where there is no
    /// such handler.
    /// </summary>
    public void Pause(string handler, string? partition = null) => SetPause(handler, partition, true);

    /// <summary>Takes a pause away. Resuming the whole topic takes those of single partitions away too.</summary>
    public void Resume(string handler, string? partition = null) => SetPause(handler, partition, false);

    /// <summary>
    /// Goes to another position, on the lanes that are this process's now: ends what is under way as for a hand-over, and begins a new
    /// epoch there. Completes when they are there; durable then. Throws an <see cref="InvalidOperationException"/> where there is no such
    /// lane here, or one ended first, and what the transport throws where there is no such position: the lane then stays where it was.
    /// </summary>
    /// <param name="handler">The handler's name.</param>
    /// <param name="to">A time, a position, the earliest or the latest message.</param>
    /// <param name="partition">The lane; null: all of them. A position is of one lane.</param>
    /// <param name="stop">Ends the wait, not the rewinding.</param>
    public async Task RewindAsync(string handler, StartPosition to, string? partition = null, CancellationToken stop = default)
    {
        if (to.After is not null && partition is null) throw new ArgumentException("A position is of one lane: name the partition.", nameof(partition));
        var topic = Topics(handler)[0];
        var lanes = topic.Lanes.Where(l => partition is null || topic.NameOf(l.Id) == partition).ToList();
        if (lanes.Count == 0) throw new InvalidOperationException($"Handler '{handler}' has {(partition is null ? "no lane" : topic.Topic.IsPattern ? $"no lane {partition}" : $"no lane {topic.Topic.Name}/{partition}")} in this process now.");
        await FirstOf.AllAsync([.. lanes.Select(l => l.RewindAsync(to))]).WaitAsync(stop);
    }

    /// <summary>
    /// Changes how many messages may be handled at once, over all lanes here or in one. Lowered, it holds when those under way beyond it
    /// are done. Throws an <see cref="InvalidOperationException"/> for a handler with <see cref="Ordering.Lane"/>: each of its lanes handles
    /// one at a time.
    /// </summary>
    public void SetConcurrency(string handler, int concurrency, string? partition = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(concurrency, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(concurrency, 100_000);
        Queued(handler)[0].Limit(partition, concurrency);
        logger.ConcurrencySet(handler, concurrency, partition ?? "all lanes");
    }

    /// <summary>
    /// How many messages may be handled at once now, over all lanes here. Throws an <see cref="InvalidOperationException"/> for a handler with
    /// <see cref="Ordering.Lane"/>: each of its lanes handles one at a time.
    /// </summary>
    public int Concurrency(string handler) => Queued(handler)[0].Queue.Concurrency;

    /// <summary>What is paused by <see cref="Pause"/>: the partition, or (null) the whole topic.</summary>
    public bool IsPaused(string handler, string? partition = null) => Topics(handler)[0].IsPaused(partition);

    private void SetPause(string handler, string? partition, bool pause)
    {
        var topics = Topics(handler);
        foreach (var topic in partition is null ? topics : topics.Take(1)) topic.Pause(partition, pause);
        if (pause) logger.Paused(handler, partition ?? "all lanes", PauseReasons.Asked);
        else logger.Resumed(handler, partition ?? "all lanes");
    }

    private List<TopicLanes> Queued(string handler) => Topics(handler) is [{ Topic.Settings.Ordering: not Ordering.Lane }, ..] topics
        ? topics
        : throw new InvalidOperationException($"Handler '{handler}' has Ordering.Lane: each lane handles one message at a time, and lanes run beside each other.");

    /// <summary>The handler's topic, and after it its retry topics.</summary>
    private List<TopicLanes> Topics(string handler)
    {
        var all = runtime.Subscriptions.SelectMany(s => s.Topics).ToList();
        var found = all.Where(t => t.Topic.Handlers.Any(h => h.Registration.Name == handler)).OrderBy(t => t.Topic.Delay ?? TimeSpan.Zero).ToList();
        return found.Count > 0 ? found : throw new ArgumentException(
            $"No handler named '{handler}' runs here.{Closest.Hint(handler, all.SelectMany(t => t.Topic.Handlers).Select(h => h.Registration.Name))}", nameof(handler));
    }
}
