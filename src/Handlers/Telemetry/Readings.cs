namespace Handlers;

/// <summary>One lane as the gauges show it. Put together by the host when somebody reads them.</summary>
internal sealed record LaneReading(string System, string Group, LaneId Lane, LaneState State)
{
    /// <summary>Messages received and not below the watermark.</summary>
    public int Uncommitted { get; init; }

    /// <summary>Messages under way.</summary>
    public int InFlight { get; init; }

    /// <summary>How long the oldest message is without an outcome.</summary>
    public TimeSpan OldestAge { get; init; }

    /// <summary>How long the watermark has stood although there is something to do.</summary>
    public TimeSpan WatermarkAge { get; init; }

    /// <summary>The watermark; null before the first.</summary>
    public Position? Watermark { get; init; }

    /// <summary>The labels of its series: one object for all of them.</summary>
    public MetricLabels Labels => field ??= TelemetryTags.OfTopic(System, Lane.Topic, Group, TelemetryTags.Of(TelemetryTags.Partition, Lane.Partition));
}

/// <summary>One handler as the counters show it.</summary>
/// <param name="System">The kind of broker.</param>
/// <param name="Group">The group.</param>
/// <param name="Topic">What it reads.</param>
/// <param name="Handler">Its name.</param>
/// <param name="Counts">What became of its messages.</param>
/// <param name="ByTopic">The same by the topic of its lanes: one, or with retry topics and patterns several.</param>
internal sealed record HandlerReading(string System, string Group, string Topic, string Handler, HandlerCounts Counts, IReadOnlyList<KeyValuePair<string, HandlerCounts>> ByTopic)
{
    public MetricLabels Labels => field ??= TelemetryTags.OfTopic(System, Topic, Group, TelemetryTags.Of(TelemetryTags.Handler, Handler));
}

/// <summary>One membership of a group: how long ago its transport polled for it; null where it does not. How often it began again.</summary>
internal sealed record GroupReading(string System, string Group, TimeSpan? PollAge, int Restarts)
{
    public MetricLabels Labels => field ??= new(TelemetryTags.Of(TelemetryTags.MessagingSystem, System), TelemetryTags.Of(TelemetryTags.Group, Group));
}

/// <summary>One topic of a group.</summary>
/// <param name="System">The kind of broker.</param>
/// <param name="Group">The group.</param>
/// <param name="Topic">Its name, or the pattern.</param>
/// <param name="Lanes">How many of its lanes are this process's.</param>
/// <param name="Assigned">How many became so.</param>
/// <param name="Ended">How many ended, by <see cref="LaneEnd"/>.</param>
internal sealed record TopicReading(string System, string Group, string Topic, int Lanes, long Assigned, IReadOnlyList<long> Ended)
{
    public MetricLabels Labels => field ??= TelemetryTags.OfTopic(System, Topic, Group);
}

/// <summary>What the transports of one kind of broker have counted, together.</summary>
/// <param name="System">The kind of broker.</param>
/// <param name="Throttled">See <see cref="TransportCounts"/>.</param>
/// <param name="Replayed">See <see cref="TransportCounts"/>.</param>
internal sealed record TransportReading(string System, long Throttled, long Replayed)
{
    public MetricLabels Labels => field ??= new(TelemetryTags.Of(TelemetryTags.MessagingSystem, System));
}

/// <summary>Where the gauges read from: what is there already, so that nothing is counted twice. Any thread.</summary>
internal interface IReadings
{
    IEnumerable<LaneReading> Lanes { get; }

    IEnumerable<HandlerReading> Handlers { get; }

    IEnumerable<TopicReading> Topics { get; }

    IEnumerable<GroupReading> Groups { get; }

    IEnumerable<TransportReading> Transports { get; }
}

/// <summary>Readings as of one moment, for all that is read of them.</summary>
internal sealed record ReadingsOfNow(IEnumerable<LaneReading> Lanes, IEnumerable<HandlerReading> Handlers, IEnumerable<TopicReading> Topics, IEnumerable<GroupReading> Groups) : IReadings
{
    public IEnumerable<TransportReading> Transports { get; init; } = [];

    public static ReadingsOfNow Of(IReadings readings) => new([.. readings.Lanes], [.. readings.Handlers], [.. readings.Topics], [.. readings.Groups]) { Transports = [.. readings.Transports] };
}
