using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>The health of stream handlers among the application's health checks.</summary>
public static class HealthExtensions
{
    /// <summary>
    /// Adds a health check that is unhealthy while a subscription has ended by an error, a lane is stuck, or a dead letter cannot be
    /// published.
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
