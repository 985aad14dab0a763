using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers;

/// <summary>A light among the application's health checks: red fails it, yellow is degraded.</summary>
internal sealed class LightCheck(HandlersLights lights, HandlersStatus status, HealthLight light) : IHealthCheck
{
    /// <summary>A thousand lanes may be in the same trouble.</summary>
    private const int MostSentences = 20;

    public async Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default)
    {
        var answer = await lights.LookAsync(light, cancellationToken);
        var data = status.Handlers.SelectMany(HandlersHealth.Data).ToDictionary();
        return answer.Color == LightColor.Green
            ? HealthCheckResult.Healthy(data: data)
            : new HealthCheckResult(answer.Color == LightColor.Red ? context.Registration.FailureStatus : HealthStatus.Degraded, Text(answer.Troubles), data: data);
    }

    public static string Text(IReadOnlyList<Trouble> troubles) =>
        string.Join(" ", troubles.Take(MostSentences).Select(static t => t.Text)) + (troubles.Count > MostSentences ? $" And {troubles.Count - MostSentences} more." : "");
}
