using static Handlers.TelemetryTags;

namespace Handlers;

/// <summary>
/// Every metric of the meter "Handlers", by name, kind, unit and labels: the meter's instruments and the families that are read are made from
/// this one table, and docs/telemetry.md is compared with it. Those of the compatibility view are beside their labels.
/// </summary>
internal static class MetricTable
{
    private const string Message = "{message}";

    private static readonly string[] OfGroup = [MessagingSystem, Group];
    private static readonly string[] OfTopic = [MessagingSystem, Destination, Group];
    private static readonly string[] OfLane = [.. OfTopic, Partition];
    private static readonly string[] OfHandler = [.. OfTopic, Handler];

    public static readonly MetricDefinition ProcessDuration = Durations("messaging.process.duration", "Duration of one call of a handler, from unpacking to its outcome.", [.. OfHandler, OperationName, ErrorType]) with { Kept = DurationBounds.Fine };

    public static readonly MetricDefinition OperationDuration = Durations("messaging.client.operation.duration", "Duration of a read, a commit or a send.", [.. OfLane, OperationName, OperationType, ErrorType]);

    public static readonly MetricDefinition Consumed = new("messaging.client.consumed.messages", MetricKind.Counter, Message, "Messages handed out by lanes.", [.. OfLane, OperationName]);

    public static readonly MetricDefinition Sent = new("messaging.client.sent.messages", MetricKind.Counter, Message, "Messages that were to be published, with error.type where that failed.", MessagingSystem, Destination, OperationName, ErrorType);

    public static readonly MetricDefinition Commits = new("handlers.commits", MetricKind.Counter, "{commit}", "Times that positions of a group became durable.", OfGroup);

    public static readonly MetricDefinition CommitFailures = new("handlers.commit.failures", MetricKind.Counter, "{attempt}", "Attempts to make positions durable that failed.", [.. OfGroup, ErrorType]);

    public static readonly MetricDefinition CommitDuration = Durations("handlers.commit.duration", "How long positions took to become durable, attempts and pauses together.", OfGroup);

    public static readonly MetricDefinition Latency = Durations("handlers.message.latency", "From a message's beginning to its handler's call, of messages that were handled.", [.. OfHandler, OperationName]) with { Advised = DurationBounds.Ages };

    /// <summary>What is told of as it happens.</summary>
    public static readonly IReadOnlyList<MetricDefinition> Pushed = [ProcessDuration, OperationDuration, Consumed, Sent, Commits, CommitFailures, CommitDuration, Latency];

    /// <summary>What is read from what the runtime keeps anyway.</summary>
    public static readonly IReadOnlyList<ObservedMetric> Observed =
    [
        new(new("handlers.lanes", MetricKind.Gauge, "{lane}", "Lanes that are this process's now.", OfTopic), static r => r.Topics.Select(static t => new Observation(t.Lanes, t.Labels))),
        new(new("handlers.lanes.assigned", MetricKind.Counter, "{lane}", "Lanes that became this process's.", OfTopic), static r => r.Topics.Select(static t => new Observation(t.Assigned, t.Labels))),
        new(new("handlers.lanes.ended", MetricKind.Counter, "{lane}", "Lanes that ended, by how.", [.. OfTopic, LaneEnded]), static r => r.Topics.SelectMany(static t => Enum.GetValues<LaneEnd>()
            .Select(end => new Observation(t.Ended[(int)end], t.Labels.With(TelemetryTags.Of(LaneEnded, Word(end))))))),
        new(new("handlers.poll.age", MetricKind.Gauge, MetricDefinition.Seconds, "How long ago the transport polled for the group, where it polls.", OfGroup),
            static r => r.Groups.Where(static g => g.PollAge is not null).Select(static g => new Observation(g.PollAge!.Value.TotalSeconds, g.Labels))),
        new(new("handlers.restarts", MetricKind.Counter, "{restart}", "Times that the subscription of a group began again because a handler asked for it.", OfGroup), static r => r.Groups.Select(static g => new Observation(g.Restarts, g.Labels))),
        Lane("handlers.lane.in_flight", Message, "Messages under way: begun and without an outcome, pauses between calls again included.", static l => l.InFlight),
        Lane("handlers.lane.uncommitted", Message, "Messages that are received and not below the watermark.", static l => l.Uncommitted),
        Lane("handlers.lane.oldest.age", MetricDefinition.Seconds, "How long the lane's oldest message has been without an outcome.", static l => l.OldestAge.TotalSeconds),
        Lane("handlers.lane.watermark.age", MetricDefinition.Seconds, "How long the watermark has stood although there is something to do.", static l => l.WatermarkAge.TotalSeconds),
        Lane("handlers.lane.lag", Message, "Messages behind the lane's end that are not read yet, where the broker tells.", static l => l.State.LagMessages),
        Lane("handlers.lane.lag.time", MetricDefinition.Seconds, "How far the last message read is behind the lane's end, where the broker tells.", static l => l.State.LagTime?.TotalSeconds),
        Lane("handlers.lane.watermark", MetricDefinition.Position, "The watermark: the last position that is handled with all before it. Not of lanes whose positions are no plain numbers.", static l => l.Watermark is { Sequence: null } at ? at.Number : null),
        Counter("handlers.messages.handled", "Messages whose handler returned.", static c => c.Handled),
        Counter("handlers.messages.failed", "Messages whose handler threw or ran out of time, whatever the policy made of it.", static c => c.Failed),
        Counter("handlers.messages.invalid", "Messages that could not be unpacked, or lacked what the handler requires.", static c => c.Invalid),
        Counter("handlers.messages.skipped", "Messages that were not for a handler: of a type that none takes, or passed over by middleware.", static c => c.Skipped),
        Counter("handlers.messages.deferred", "Messages published to a retry topic.", static c => c.Deferred),
        Counter("handlers.messages.dead_lettered", "Messages published to the dead letters.", static c => c.DeadLettered),
        Counter("handlers.messages.late", "Outcomes that came after their lane had been handed over or given up.", static c => c.Late),
        Counter("handlers.retries", "Calls again after a failed one.", static c => c.Retried, "{call}"),
        new(new("handlers.transport.throttled", MetricKind.Counter, "{call}", "Calls that the broker refused for want of throughput, where the transport counts them.", MessagingSystem),
            static r => r.Transports.Select(static t => new Observation(t.Throttled, t.Labels))),
        new(new("handlers.transport.replayed", MetricKind.Counter, "{record}", "Records that the broker handed out again and the transport dropped, where it counts them.", MessagingSystem),
            static r => r.Transports.Select(static t => new Observation(t.Replayed, t.Labels))),
    ];

    private static MetricDefinition Durations(string name, string description, params string[] labels) =>
        new(name, MetricKind.Histogram, MetricDefinition.Seconds, description, labels) { Advised = DurationBounds.Conventional };

    private static ObservedMetric Lane(string name, string unit, string description, Func<LaneReading, double?> read) => new(
        new(name, MetricKind.Gauge, unit, description, OfLane),
        readings => readings.Lanes.Select(l => (Value: read(l), l)).Where(static r => r.Value is not null).Select(static r => new Observation(r.Value!.Value, r.l.Labels)));

    private static ObservedMetric Counter(string name, string description, Func<HandlerCounts, long> read, string unit = Message) => new(
        new(name, MetricKind.Counter, unit, description, OfHandler), readings => readings.Handlers.Select(h => new Observation(read(h.Counts), h.Labels)));

    private static string Word(LaneEnd end) => end switch
    {
        LaneEnd.Finished => "finished",
        LaneEnd.Revoked => "revoked",
        LaneEnd.Lost => "lost",
        _ => "stopped",
    };
}
