using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace Handlers;

/// <summary>The topics that handlers of an application read, for transports that have settings of one of them.</summary>
public static class HandledTopics
{
    /// <summary>
    /// The topics that handlers read over a transport, as configuration has them, whether they run in this process or not; each once. Without retry topics and those that
    /// are published to. What is wrong in configuration is told at the start, not here.
    /// </summary>
    /// <param name="services">The application's.</param>
    /// <param name="transport">The transport's name.</param>
    public static IReadOnlyList<string> Of(IServiceProvider services, string transport)
    {
        ArgumentNullException.ThrowIfNull(services);
        ArgumentException.ThrowIfNullOrEmpty(transport);
        var overrides = new SettingsOverrides(services.GetRequiredService<IConfiguration>().GetSection("Handlers"), []);
        var application = services.GetRequiredService<IHostEnvironment>().ApplicationName;
        return [.. services.GetRequiredService<HandlerDeclarations>().Handlers.Select(h => overrides.Resolve(h, application)).OfType<HandlerSettings>()
            .Where(s => s.Transport == transport).Select(static s => s.Topic).Distinct(StringComparer.Ordinal)];
    }
}
