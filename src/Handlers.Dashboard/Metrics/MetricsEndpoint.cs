using Microsoft.AspNetCore.Http;

namespace Handlers.Dashboard;

/// <summary>What a scraper asks for.</summary>
internal sealed class MetricsEndpoint(HandlersMetrics metrics, DashboardOptions options)
{
    private const string Partition = "messaging.destination.partition.id";
    private const int FlushAt = 64 * 1024; // bytes

    public async Task GetAsync(HttpContext http)
    {
        http.Response.ContentType = PrometheusText.ContentType;
        http.Response.Headers.CacheControl = "no-store";
        if (HttpMethods.IsHead(http.Request.Method)) return;
        var body = http.Response.BodyWriter;
        foreach (var _ in PrometheusText.Write(body, metrics.Read(endedLanes: !options.LaneMetrics), options.LaneMetrics ? null : Partition))
            if (body.UnflushedBytes >= FlushAt) await body.FlushAsync(http.RequestAborted);
        await body.FlushAsync(http.RequestAborted);
    }
}
