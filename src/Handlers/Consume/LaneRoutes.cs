using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>Puts together what handles a lane's messages, from the registrations and the services: once per lane and epoch.</summary>
internal sealed class LaneRoutes(
    string group, IPublisher publisher, IServiceProvider services, IReadOnlyList<Func<MiddlewareLane, IHandlerMiddleware?>> middleware,
    IReadOnlyDictionary<string, Retry> retries, TimeProvider time, ILogger logger, GroupTelemetry telemetry)
{
    private readonly IServiceScopeFactory scopes = services.GetRequiredService<IServiceScopeFactory>();

    public LaneRoute Of(GroupTopic topic, LaneId lane, IReadOnlyList<LaneCounts> counts, WorkQueue queue, LanePause pause) => new(
        topic, group, [.. topic.Handlers.Zip(counts, (handler, laneCounts) => Of(handler, topic, lane, laneCounts, pause))], queue, pause, telemetry.ReadsOf(lane));

    /// <summary>The lane has ended, whatever its epoch: what is told of it by its own labels is told no more.</summary>
    public void Ended(LaneId lane) => telemetry.ReadsOf(lane).Forget();

    private LaneHandler Of(CatalogHandler handler, GroupTopic topic, LaneId lane, LaneCounts counts, LanePause pause)
    {
        var settings = handler.Settings;
        var name = handler.Registration.Name;
        var site = new CallSite
        {
            Handler = name,
            Group = group,
            Lane = lane,
            ReadsRetries = topic.Delay is not null,
            IsTransactional = topic.IsTransactional,
            Publication = settings.PublishTo is { } to ? new Publication(publisher, to) : null,
        };
        var calls = telemetry.CallsOf(name, lane);
        var around = middleware.Select(make => Made(make, new MiddlewareLane(services, name, lane))).OfType<IHandlerMiddleware>().ToList();
        var dispatcher = handler.Registration.Accept(new DispatcherParts(site, scopes, handler.Singleton, settings.TimeLimit, time, around, topic.Types?.AreCloudEvents == true, calls));
        var letters = new Letters(site, publisher, isRetryLane: topic.Delay is not null, pause, time, logger);
        var failure = new FailurePolicy(settings, site, retries.GetValueOrDefault(name), NextTopic(settings, topic), letters, handler.Failures, time, logger);
        return new(name, dispatcher, failure, counts, handler.Failures, calls, OnLate: handler.OutcomeWasLate);
    }

    private static IHandlerMiddleware? Made(Func<MiddlewareLane, IHandlerMiddleware?> make, MiddlewareLane lane)
    {
        try
        {
            return make(lane);
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"Making a middleware of handler '{lane.Handler}' for lane {lane.Lane} failed: {e.Message}", e);
        }
    }

    /// <summary>The retry topic that a message of this one goes to.</summary>
    private string? NextTopic(HandlerSettings settings, GroupTopic topic)
    {
        var next = topic.Delay is { } delay ? settings.RetryTopics.ToList().IndexOf(delay) + 1 : 0;
        return next < settings.RetryTopics.Count ? GroupTopic.RetryTopic(topic.Declared, group, settings.RetryTopics[next]) : null;
    }
}
