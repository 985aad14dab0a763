using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>Makes the subscription of a group: a membership at its transport, with the loop that runs it.</summary>
internal sealed class Subscriber(
    HandlersRuntime runtime, IServiceProvider services, RuntimeDeclarations added, HandlersOptions options, IReadOnlyDictionary<string, Retry> retries, Instruments instruments,
    TimeProvider time, StopPlan stop, ILogger logger)
{
    private readonly (SpanBudget Calls, SpanBudget Reads)? spans = options.SpansPerSecond == 0 ? null : (new(options.SpansPerSecond, time), new(options.SpansPerSecond, time));

    /// <summary>The group's first.</summary>
    public Task<SubscriptionLoop> SubscribeAsync(GroupHandlers group, CancellationToken stopping)
    {
        var transport = runtime.Transport(group.Transport);
        if (group.IsTransactional && !transport.HasTransactions)
            throw new HandlersConfigurationException([.. group.Topics.Where(static t => t.IsTransactional).SelectMany(static t => t.Handlers).Select(h =>
                $"Handler '{h.Registration.Name}' has Commit = Transaction, and transport '{group.Transport}' has no transactions. Use Commit.Watermark, or a transport that has: Kafka, or the embedded log.")]);
        var telemetry = new GroupTelemetry(instruments, LatencySource.Of(options.LatencyHeader, options.LatencyField, options.CompatibilityMetrics), transport.System, group.Group, time)
        {
            Attributes = transport.MessageAttributes,
            Spans = spans?.Calls,
            ReadSpans = spans?.Reads,
            TracesKeys = options.TraceKeys && transport.MessageAttributes is not null,
        };
        var routes = new LaneRoutes(group.Group, new ObservedPublisher(transport, instruments, time), services, added.Middleware, retries, time, logger, telemetry);
        return SubscribeAsync(transport, group, TopicLanes.Of(group, routes, runtime.StartWork, time), telemetry, restarts: 0, stopping);
    }

    /// <summary>One that follows another, which has ended: pauses, limits and counts go on.</summary>
    public Task<SubscriptionLoop> SubscribeAgainAsync(SubscriptionLoop before, CancellationToken stopping) =>
        SubscribeAsync(runtime.Transport(before.Group.Transport), before.Group, before.Topics, before.Telemetry, before.Restarts + 1, stopping);

    private async Task<SubscriptionLoop> SubscribeAsync(
        ITransport transport, GroupHandlers group, IReadOnlyList<TopicLanes> topics, GroupTelemetry telemetry, int restarts, CancellationToken stopping)
    {
        var heard = telemetry.Reads;
        var subscription = await transport.SubscribeAsync(new SubscriptionRequest
        {
            Group = group.Group,
            Topics = [.. group.Topics.Select(t => new SubscribedTopic(
                t.Name, t.Delay is null ? new StartPosition(t.Settings.Start, t.Settings.StartAt ?? default) : StartPosition.Earliest, t.Reads | heard) { IsTransactional = t.IsTransactional })],
            RevokeBudget = options.RevokeBudget,
        }, stopping);
        var flusher = new Flusher(subscription, group.Group, options.CommitAttempts, time, logger, telemetry.Commits);
        var parts = new LaneParts(options, flusher, new StopPlan(time, stop), time, runtime.StartWork, logger, services.GetService<IOutcomeListener>(), telemetry);
        return new SubscriptionLoop(group, subscription, topics, parts) { Restarts = restarts };
    }
}
