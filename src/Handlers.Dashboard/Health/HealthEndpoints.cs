using System.Text.Json;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Handlers.Dashboard;

/// <summary>
/// The three lights over HTTP: 200 where green or yellow, 503 where red. The application's own health checks count too, each for the light that it
/// has a tag of (<c>startup</c>, <c>ready</c>, <c>live</c>).
/// </summary>
internal sealed class HealthEndpoints(HandlersLights lights, IServiceProvider services)
{
    private const int MostTroubles = 20; // of a thousand lanes each may have its own

    public Task GetAsync(HttpContext http, HealthLight light) => AnswerAsync(http, light);

    private async Task AnswerAsync(HttpContext http, HealthLight light)
    {
        var name = Words.Of(light);
        var looking = lights.LookAsync(light, http.RequestAborted).AsTask();
        var checks = services.GetService<HealthCheckService>() is { } service
            ? await service.CheckHealthAsync(c => c.Tags.Contains(name), http.RequestAborted)
            : null;
        var answer = await looking;
        var color = (LightColor)Math.Max((int)answer.Color, (int)Color(checks?.Status ?? HealthStatus.Healthy));
        await http.JsonAsync(
            json =>
            {
                json.WriteStartObject();
                json.WriteString("light", name);
                json.WriteString("status", Words.Of(color));
                json.WriteStartArray("troubles");
                foreach (var trouble in answer.Troubles.Take(MostTroubles)) TroubleJson.Write(json, trouble);
                json.WriteEndArray();
                if (answer.Troubles.Count > MostTroubles) json.WriteNumber("moreTroubles", answer.Troubles.Count - MostTroubles);
                if (checks is { Entries.Count: > 0 }) Write(json, checks);
                json.WriteEndObject();
            },
            color == LightColor.Red ? StatusCodes.Status503ServiceUnavailable : StatusCodes.Status200OK);
    }

    private static void Write(Utf8JsonWriter json, HealthReport checks)
    {
        json.WriteStartArray("checks");
        foreach (var (name, entry) in checks.Entries)
        {
            json.WriteStartObject();
            json.WriteString("name", name);
            json.WriteString("status", Words.Of(Color(entry.Status)));
            if (entry.Description is { } description) json.WriteString("text", description);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    private static LightColor Color(HealthStatus status) => status switch
    {
        HealthStatus.Healthy => LightColor.Green,
        HealthStatus.Degraded => LightColor.Yellow,
        _ => LightColor.Red,
    };
}
