using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>
/// The red of <see cref="ReadyLight"/>, as far as this process knows by itself: no broker is asked. Its description names handler, lane, position and age;
/// its data has each handler's lanes and ages, healthy or not.
/// </summary>
internal sealed class HandlersHealth(HandlersStatus status, IOptions<HandlersOptions> options) : IHealthCheck
{
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var handlers = status.Handlers;
        var troubles = ReadyLight.Stuck(new LightLook(handlers, status.Failures, options.Value)).ToList();
        var data = handlers.SelectMany(Data).ToDictionary();
        return Task.FromResult(troubles.Count == 0
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(context.Registration.FailureStatus, LightCheck.Text(troubles), data: data));
    }

    /// <summary>Connected is not consuming: what tells them apart, for who wants to judge by it. Ages are in seconds.</summary>
    public static IEnumerable<KeyValuePair<string, object>> Data(HandlerStatus handler)
    {
        yield return new($"{handler.Name}.lanes", handler.Lanes.Count);
        yield return new($"{handler.Name}.oldest_age", handler.Lanes.Select(static l => l.OldestAge.TotalSeconds).DefaultIfEmpty().Max());
        yield return new($"{handler.Name}.watermark_age", handler.Lanes.Select(static l => l.WatermarkAge.TotalSeconds).DefaultIfEmpty().Max());
        yield return new($"{handler.Name}.commit_age", handler.CommitAge.TotalSeconds);
        if (handler.WithoutLanes is { } without) yield return new($"{handler.Name}.without_lanes", without.TotalSeconds);
        if (handler.PollAge is { } poll) yield return new($"{handler.Name}.poll_age", poll.TotalSeconds);
    }
}
