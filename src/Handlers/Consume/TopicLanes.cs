namespace Handlers;

/// <summary>
/// The lanes of one topic that are this process's now, and what somebody said of them: pauses and limits outlive a lane, so that a
/// partition which is taken away and comes back is as it was. It outlives its subscription where that begins again.
/// </summary>
internal sealed class TopicLanes(GroupTopic topic, WorkQueue queue, LaneRoutes routes, TimeProvider time)
{
    private readonly Lock gate = new();
    private readonly Dictionary<Assignment, IReadOnlyList<LaneCounts>> lanes = []; // guarded by gate
    private readonly HashSet<string> paused = new(StringComparer.Ordinal);        // guarded by gate: partitions
    private readonly Dictionary<string, int> limits = new(StringComparer.Ordinal); // guarded by gate: by partition
    private readonly long[] ended = new long[Enum.GetValues<LaneEnd>().Length];    // guarded by gate: how many lanes, by their end
    private long assigned; // guarded by gate: how many lanes
    private long lastEnded = time.GetTimestamp(); // guarded by gate: at first, when it was subscribed to
    private bool hadLanes;    // guarded by gate
    private bool allPaused;   // guarded by gate
    private bool circuitOpen = topic.CircuitBreakers.Any(); // guarded by gate: until their health is known

    public GroupTopic Topic => topic;

    /// <summary>Those of a group. Topics that were declared as one share their workers.</summary>
    public static IReadOnlyList<TopicLanes> Of(GroupHandlers group, LaneRoutes routes, StartWork startWork, TimeProvider time)
    {
        var queues = group.Topics.Select(t => t.Declared).Distinct().ToDictionary(declared => declared, declared => Workers(group.Topics.First(t => t.Declared == declared).Settings));
        return [.. group.Topics.Select(topic => new TopicLanes(topic, queues[topic.Declared], routes, time))];

        WorkQueue Workers(HandlerSettings settings) => new(settings.Ordering == Ordering.Lane ? int.MaxValue : settings.Concurrency, startWork);
    }

    public WorkQueue Queue => queue;

    /// <summary>What a lane is called for those who steer it: its partition, and where the handler reads a pattern its topic before that.</summary>
    public string NameOf(LaneId lane) => topic.IsPattern ? lane.ToString() : lane.Partition;

    /// <summary>The lanes of now.</summary>
    public IReadOnlyList<Assignment> Lanes
    {
        get
        {
            lock (gate) return [.. lanes.Keys];
        }
    }

    /// <summary>How many lanes it was assigned so far, and how many ended, by <see cref="LaneEnd"/>.</summary>
    public (long Assigned, IReadOnlyList<long> Ended) Turnover
    {
        get
        {
            lock (gate) return (assigned, [.. ended]);
        }
    }

    /// <summary>Whether it has had a lane yet.</summary>
    public bool HadLanes
    {
        get
        {
            lock (gate) return hadLanes;
        }
    }

    /// <summary>For how long it has had no lane; null while it has one.</summary>
    public TimeSpan? WithoutLanes
    {
        get
        {
            lock (gate) return lanes.Count > 0 ? null : time.GetElapsedTime(lastEnded);
        }
    }

    /// <summary>Whether somebody paused it: one partition, or (null) all of them.</summary>
    public bool IsPaused(string? partition)
    {
        lock (gate) return allPaused || (partition is not null && paused.Contains(partition));
    }

    /// <summary>A lane was assigned, by the subscription that the parts are of.</summary>
    public Assignment Begin(ILane lane, LaneParts parts)
    {
        var pause = new LanePause();
        var counts = topic.Handlers.Select(static _ => new LaneCounts()).ToList();
        var assignment = new Assignment(lane, pause, id => routes.Of(topic, id, counts, queue, pause), parts);
        lock (gate)
        {
            lanes.Add(assignment, counts);
            assigned++;
            hadLanes = true;
            Tell(assignment);
            if (limits.TryGetValue(NameOf(assignment.Id), out var limit)) assignment.Limit(limit);
        }

        foreach (var (handler, lanesCounts) in topic.Handlers.Zip(counts)) handler.LaneBegan(lanesCounts, assignment.Id.Topic, () => lanesCounts.Snapshot);
        return assignment;
    }

    /// <summary>The lane has ended.</summary>
    public void End(Assignment assignment)
    {
        IReadOnlyList<LaneCounts> counts;
        lock (gate)
        {
            lanes.Remove(assignment, out counts!);
            ended[(int)assignment.End]++;
            lastEnded = time.GetTimestamp();
        }

        foreach (var (handler, laneCounts) in topic.Handlers.Zip(counts)) handler.LaneEnded(laneCounts);
        routes.Ended(assignment.Id);
    }

    /// <summary>Pauses or resumes one partition, whether or not it is here now; null: all of them.</summary>
    public void Pause(string? partition, bool pause)
    {
        lock (gate)
        {
            if (partition is null)
            {
                allPaused = pause;
                if (!pause) paused.Clear();
            }
            else if (pause)
            {
                paused.Add(partition);
            }
            else
            {
                paused.Remove(partition);
            }

            foreach (var lane in lanes.Keys) Tell(lane);
        }
    }

    /// <summary>The circuit breaker's health check changed.</summary>
    public void OpenCircuit(bool open)
    {
        lock (gate)
        {
            circuitOpen = open;
            foreach (var lane in lanes.Keys) Tell(lane);
        }
    }

    /// <summary>The most messages at once: of one partition, or (null) of the topic in this process.</summary>
    public void Limit(string? partition, int most)
    {
        if (partition is null)
        {
            queue.Concurrency = most;
            return;
        }

        lock (gate)
        {
            limits[partition] = most;
            foreach (var lane in lanes.Keys.Where(l => NameOf(l.Id) == partition)) lane.Limit(most);
        }
    }

    // Under the gate, so that the last word is the last told. What it calls is the core's own.
    private void Tell(Assignment lane)
    {
        lane.Pause.Set(PauseReasons.Asked, allPaused || paused.Contains(NameOf(lane.Id)));
        lane.Pause.Set(PauseReasons.CircuitBreaker, circuitOpen);
    }
}
