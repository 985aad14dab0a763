using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>The health of stream handlers among the application's health checks.</summary>
public static class HealthExtensions
{
    /// <summary>
    /// Adds a health check that is unhealthy while a subscription has ended by an error, a lane, a commit or the polling of a transport is stuck,
    /// or a dead letter cannot be published. Its data has, for each handler by its name, <c>{name}.lanes</c> (how many) and, in seconds,
    /// <c>{name}.oldest_age</c>, <c>.commit_age</c>, <c>.poll_age</c> and <c>.without_lanes</c>.
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
}
