namespace Handlers;

/// <summary>What the gauges show: the lanes and handlers of now.</summary>
internal sealed class RuntimeReadings(HandlersRuntime runtime) : IReadings
{
    public IEnumerable<LaneReading> Lanes => runtime.Subscriptions.SelectMany(s => s.Topics.SelectMany(static t => t.Lanes)
        .Select(lane => new LaneReading(s.Telemetry.System, s.Group.Group, lane.Epoch, lane.State)
        {
            Uncommitted = lane.Uncommitted,
            InFlight = lane.Running,
            OldestAge = lane.Age.Now,
            WatermarkAge = lane.Age.Watermark,
            Watermark = lane.Handled,
        }));

    public IEnumerable<HandlerReading> Handlers => runtime.Subscriptions.SelectMany(static s => s.Group.Handlers
        .Select(h => new HandlerReading(s.Telemetry.System, s.Group.Group, h.Settings.Topic, h.Registration.Name, h.Counts, h.CountsByTopic)));

    public IEnumerable<GroupReading> Groups => runtime.Subscriptions.Select(static s => new GroupReading(s.Telemetry.System, s.Group.Group, s.PollAge, s.Restarts));

    public IEnumerable<TopicReading> Topics => runtime.Subscriptions.SelectMany(static s => s.Topics.Select(t => Of(s, t)));

    public IEnumerable<TransportReading> Transports => runtime.Transports.Where(static t => t.Counts is not null).GroupBy(static t => t.System, static t => t.Counts!, StringComparer.Ordinal)
        .Select(static some => new TransportReading(some.Key, some.Sum(static c => c.Throttled), some.Sum(static c => c.Replayed)));

    private static TopicReading Of(SubscriptionLoop subscription, TopicLanes topic)
    {
        var (assigned, ended) = topic.Turnover;
        return new(subscription.Telemetry.System, subscription.Group.Group, topic.Topic.Name, topic.Lanes.Count, assigned, ended);
    }
}
