namespace Handlers;

/// <summary>
/// Stands before a transport during a replay: groups get the lanes of a window, read without the group, and what they commit is only remembered here, for a subscription
/// that begins again. What handlers publish is dropped and counted, unless it is asked for.
/// </summary>
/// <param name="inner">The real one.</param>
/// <param name="window">What is replayed; null: nothing of this transport.</param>
/// <param name="publisher">What handlers publish with.</param>
/// <param name="time">Time.</param>
internal sealed class ReplayTransport(ITransport inner, ReplayWindow? window, ReplayPublisher publisher, TimeProvider time) : ITransport
{
    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock gate = new();
    private readonly Dictionary<string, ReplayGroup> groups = new(StringComparer.Ordinal); // guarded by gate
    private IReadOnlyList<LaneExtent>? lanes; // as they were at the beginning; of subscribes, one at a time

    public string System => inner.System;

    public bool HasTransactions => inner.HasTransactions;

    public MessageAttributes? MessageAttributes => inner.MessageAttributes;

    public bool HasPatterns => inner.HasPatterns;

    public ITopicReader? Reader => inner.Reader;

    public TransportCounts? Counts => inner.Counts;

    public IPublisher Publisher => publisher;

    /// <summary>Completes when every group has handled all of the window and is left.</summary>
    public Task Over => over.Task;

    /// <summary>How many groups have not yet.</summary>
    public int Unfinished
    {
        get
        {
            lock (gate) return groups.Values.Count(static g => !g.IsOver);
        }
    }

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        lanes ??= window is null ? [] : await LanesAsync(window, stop);
        ReplayGroup group;
        lock (gate)
        {
            if (!groups.TryGetValue(request.Group, out group!))
                groups.Add(request.Group, group = new ReplayGroup(window is not null && request.Find(window.Topic) is not null ? [.. lanes.Select(static l => l.Partition)] : []));
        }

        group.Joined();
        return new ReplaySubscription(this, group, group.Partitions.Count == 0 ? [] : lanes);
    }

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    /// <summary>Opens a lane of the window for a group: where it begins, or behind what the group has handled.</summary>
    public async ValueTask<ReplayLane> OpenAsync(LaneExtent lane, ReplayGroup group, long epoch, CancellationToken stop)
    {
        var from = group.Handled(lane.Partition) is { } handled ? StartPosition.Behind(handled) : window!.From;
        return new ReplayLane(lane, window!, await inner.Reader!.OpenAsync(lane.Topic, lane.Partition, from, stop), began, epoch);
    }

    /// <summary>A group was left.</summary>
    public void Left(ReplayGroup group)
    {
        group.Left();
        if (Unfinished == 0) over.TrySetResult();
    }

    private readonly DateTimeOffset began = time.GetUtcNow();

    private async ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(ReplayWindow window, CancellationToken stop)
    {
        if (inner.Reader is not { } reader) throw new TransportException($"Topic '{window.Topic}' cannot be replayed: its transport ({inner.System}) does not read without a group.");
        var all = await reader.LanesAsync(window.Topic, stop);
        if (window.Partitions.FirstOrDefault(p => all.All(l => l.Partition != p)) is { } unknown)
            throw new TransportException($"Topic '{window.Topic}' has no partition '{unknown}'.{Closest.Hint(unknown, all.Select(static l => l.Partition))}") { Kind = TransportErrorKind.Topic };
        return [.. all.Where(l => l.Messages != 0 && (window.Partitions.Count == 0 || window.Partitions.Contains(l.Partition)))];
    }
}

/// <summary>How far a group has come in the window. Any thread.</summary>
internal sealed class ReplayGroup(IReadOnlyList<string> partitions)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Position> handled = new(StringComparer.Ordinal); // guarded by gate, as all below
    private readonly HashSet<string> finished = new(StringComparer.Ordinal);
    private bool hasLeft;

    public IReadOnlyList<string> Partitions => partitions;

    /// <summary>Whether it has handled all and nobody reads for it any more.</summary>
    public bool IsOver
    {
        get
        {
            lock (gate) return hasLeft && finished.Count == partitions.Count;
        }
    }

    public Position? Handled(string partition)
    {
        lock (gate) return handled.TryGetValue(partition, out var position) ? position : null;
    }

    public bool IsFinished(string partition)
    {
        lock (gate) return finished.Contains(partition);
    }

    public void Commit(string partition, Position position)
    {
        lock (gate) handled[partition] = position;
    }

    public void Finish(string partition)
    {
        lock (gate) finished.Add(partition);
    }

    public void Joined()
    {
        lock (gate) hasLeft = false;
    }

    public void Left()
    {
        lock (gate) hasLeft = true;
    }
}
