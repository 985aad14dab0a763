using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// Unhealthy while a subscription has ended by an error, a lane, a commit or a transport's polling is stuck
/// (<see cref="HandlersOptions.StuckAfter"/>), or a dead letter cannot be published. Its description names handler, lane, position and age; its
/// data has each handler's lanes and ages, healthy or not.
/// </summary>
internal sealed class HandlersHealth(HandlersStatus status, IOptions<HandlersOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var handlers = status.Handlers;
        var troubles = status.Failures.Select(f => f.Message).Concat(handlers.SelectMany(Troubles)).ToList();
        var data = handlers.SelectMany(Data).ToDictionary();
        return Task.FromResult(troubles.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(context.Registration.FailureStatus, string.Join(" ", troubles), data: data));
    }

    private IEnumerable<string> Troubles(HandlerStatus handler)
    {
        if (handler.CommitAge >= options.Value.StuckAfter) yield return $"A commit of group '{handler.Group}' is under way for {handler.CommitAge.TotalSeconds:0} s.";
        if (handler.PollAge >= options.Value.StuckAfter)
            yield return $"The transport has not polled for group '{handler.Group}' of handler '{handler.Name}' for {handler.PollAge.Value.TotalSeconds:0} s: its lanes will be another's, or are already.";
        foreach (var lane in handler.Lanes)
        {
            if (lane.Paused.HasFlag(PauseReasons.CannotPublish))
                yield return $"Handler '{handler.Name}' cannot publish dead letters or retries of lane {lane.Id}, from position {lane.Oldest}.";
            else if (lane.OldestAge >= options.Value.StuckAfter)
                yield return $"Handler '{handler.Name}' is stuck at {lane.Id} position {lane.Oldest} for {lane.OldestAge.TotalSeconds:0} s.";
        }
    }

    /// <summary>Connected is not consuming: what tells them apart, for who wants to judge by it. Ages are in seconds.</summary>
    private static IEnumerable<KeyValuePair<string, object>> Data(HandlerStatus handler)
    {
        yield return new($"{handler.Name}.lanes", handler.Lanes.Count);
        yield return new($"{handler.Name}.oldest_age", handler.Lanes.Select(static l => l.OldestAge.TotalSeconds).DefaultIfEmpty().Max());
        yield return new($"{handler.Name}.commit_age", handler.CommitAge.TotalSeconds);
        if (handler.WithoutLanes is { } without) yield return new($"{handler.Name}.without_lanes", without.TotalSeconds);
        if (handler.PollAge is { } poll) yield return new($"{handler.Name}.poll_age", poll.TotalSeconds);
    }
}
