using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace Handlers;

/// <summary>Asks the health checks that handlers name, and pauses their lanes while one is unhealthy.</summary>
internal sealed class CircuitBreakers(IServiceProvider services, HandlersRuntime runtime, TimeSpan interval, TimeProvider time, ILogger logger)
{
    /// <summary>Each names a health check that there is.</summary>
    public static void Check(IServiceProvider services, IEnumerable<CatalogHandler> handlers, List<string> errors)
    {
        var known = services.GetService<IOptions<HealthCheckServiceOptions>>()?.Value.Registrations.Select(r => r.Name).ToList() ?? [];
        foreach (var handler in handlers)
            if (handler.Settings.CircuitBreaker is { } name && !known.Contains(name))
                errors.Add($"Handler '{handler.Registration.Name}' names health check '{name}' in its circuit breaker, which is not registered. Add it with services.AddHealthChecks().{Closest.Hint(name, known)}");
    }

    /// <summary>Runs until <paramref name="ended"/> fires.</summary>
    public async Task RunAsync(CancellationToken ended)
    {
        var breakers = runtime.Subscriptions.SelectMany(s => s.Topics)
            .SelectMany(topic => topic.Topic.Handlers.Select(h => h.Settings.CircuitBreaker).OfType<string>().Distinct().Select(check => (Check: check, Topic: topic)))
            .GroupBy(b => b.Check, b => b.Topic).ToDictionary(b => b.Key, b => b.ToList());
        if (breakers.Count == 0) return;
        var health = services.GetRequiredService<HealthCheckService>();
        var open = new HashSet<string>(StringComparer.Ordinal);
        try
        {
            while (true)
            {
                var report = await health.CheckHealthAsync(r => breakers.ContainsKey(r.Name), ended);
                foreach (var (check, result) in report.Entries) Tell(check, result.Status, breakers[check], open);
                foreach (var topic in breakers.Values.SelectMany(t => t).Distinct())
                    topic.OpenCircuit(breakers.Any(b => open.Contains(b.Key) && b.Value.Contains(topic)));
                await Task.Delay(interval, time, ended);
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
        }
    }

    private void Tell(string check, HealthStatus status, List<TopicLanes> topics, HashSet<string> open)
    {
        var names = string.Join(", ", topics.Select(t => t.Topic.Names).Distinct());
        if (status == HealthStatus.Unhealthy && open.Add(check)) logger.CircuitOpened(check, status.ToString(), names);
        else if (status != HealthStatus.Unhealthy && open.Remove(check)) logger.CircuitClosed(check, status.ToString(), names);
    }
}
