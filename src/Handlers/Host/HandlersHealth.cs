using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// Unhealthy while a subscription has ended by an error, a lane is stuck (<see cref="HandlersOptions.StuckAfter"/>), or a dead letter cannot
/// be published. Its description names handler, lane, position and age.
/// </summary>
internal sealed class HandlersHealth(HandlersStatus status, IOptions<HandlersOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var troubles = status.Failures.Select(f => f.Message).Concat(status.Handlers.SelectMany(Troubles)).ToList();
        return Task.FromResult(troubles.Count == 0 ? HealthCheckResult.Healthy() : new HealthCheckResult(context.Registration.FailureStatus, string.Join(" ", troubles)));
    }

    private IEnumerable<string> Troubles(HandlerStatus handler)
    {
        if (handler.CommitAge >= options.Value.StuckAfter) yield return $"A commit of group '{handler.Group}' is under way for {handler.CommitAge.TotalSeconds:0} s.";
        foreach (var lane in handler.Lanes)
        {
            if (lane.Paused.HasFlag(PauseReasons.CannotPublish))
                yield return $"Handler '{handler.Name}' cannot publish dead letters or retries of lane {lane.Id}, from position {lane.Oldest}.";
            else if (lane.OldestAge >= options.Value.StuckAfter)
                yield return $"Handler '{handler.Name}' is stuck at {lane.Id} position {lane.Oldest} for {lane.OldestAge.TotalSeconds:0} s.";
        }
    }
}
