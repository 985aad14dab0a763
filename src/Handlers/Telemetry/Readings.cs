namespace Handlers;

/// <summary>One lane as the gauges show it. Put together by the host when somebody reads them.</summary>
internal sealed record LaneReading(string System, string Group, LaneId Lane, LaneState State)
{
    /// <summary>Messages received and not below the watermark.</summary>
    public int Uncommitted { get; init; }

    /// <summary>Messages whose handler is called now.</summary>
    public int InFlight { get; init; }

    /// <summary>How long the oldest message is without an outcome.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>The watermark; null before the first.</summary>
    public Position? Watermark { get; init; }
}

/// <summary>One handler as the counters show it.</summary>
internal sealed record HandlerReading(string System, string Group, string Topic, string Handler, HandlerCounts Counts);

/// <summary>One membership of a group: how long ago its transport polled for it; null where it does not. How often it began again.</summary>
internal sealed record GroupReading(string System, string Group, TimeSpan? PollAge, int Restarts);

/// <summary>One topic of a group: how many of its lanes are this process's.</summary>
internal sealed record TopicReading(string System, string Group, string Topic, int Lanes);

/// <summary>Where the gauges read from: what is there already, so that nothing is counted twice. Any thread.</summary>
internal interface IReadings
{
    IEnumerable<LaneReading> Lanes { get; }

    IEnumerable<HandlerReading> Handlers { get; }

    IEnumerable<TopicReading> Topics { get; }

    IEnumerable<GroupReading> Groups { get; }
}
