using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>The health of stream handlers among the application's health checks.</summary>
public static class HealthExtensions
{
    /// <summary>
    /// Adds a health check that is unhealthy while a subscription has ended by an error, a lane, a commit or the polling of a transport is stuck,
    /// or a dead letter cannot be published: what <see cref="HealthLight.Ready"/> is red for, as far as this process knows without asking a broker. Its data has, for
    /// each handler by its name, <c>{name}.lanes</c> (how many) and, in seconds, <c>{name}.oldest_age</c>, <c>.watermark_age</c>, <c>.commit_age</c>, <c>.poll_age</c> and
    /// <c>.without_lanes</c>.
    /// </summary>
    /// <param name="builder">What <c>services.AddHealthChecks()</c> returns.</param>
    /// <param name="name">Its name.</param>
    /// <param name="tags">Its tags.</param>
    public static IHealthChecksBuilder AddStreamHandlers(this IHealthChecksBuilder builder, string name = "stream-handlers", IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.Add(new HealthCheckRegistration(
            name, static s => new HandlersHealth(s.GetRequiredService<HandlersStatus>(), s.GetRequiredService<IOptions<HandlersOptions>>()), HealthStatus.Unhealthy, tags));
    }

    /// <summary>
    /// Adds one of the three lights of <see cref="HandlersLights"/> as a health check: red is unhealthy, yellow is degraded, and the description has a sentence for
    /// each trouble. Data as above. Brokers are asked, each within 3 s, but for <see cref="HealthLight.Live"/>.
    /// </summary>
    /// <param name="builder">What <c>services.AddHealthChecks()</c> returns.</param>
    /// <param name="light">Which.</param>
    /// <param name="name">Its name. Default: <c>stream-handlers-startup</c>, <c>-ready</c>, <c>-live</c>.</param>
    /// <param name="tags">Its tags. Default: <c>startup</c>, <c>ready</c>, <c>live</c>.</param>
    public static IHealthChecksBuilder AddStreamHandlers(this IHealthChecksBuilder builder, HealthLight light, string? name = null, IEnumerable<string>? tags = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        var word = light switch
        {
            HealthLight.Startup => "startup",
            HealthLight.Ready => "ready",
            HealthLight.Live => "live",
            _ => throw new ArgumentOutOfRangeException(nameof(light), light, "There is no such light."),
        };
        return builder.Add(new HealthCheckRegistration(
            name ?? $"stream-handlers-{word}", s => new LightCheck(s.GetRequiredService<HandlersLights>(), s.GetRequiredService<HandlersStatus>(), light), HealthStatus.Unhealthy, tags ?? [word]));
    }
}
