namespace Handlers.Dashboard;

/// <summary>Where the dashboard stands, and what it grants. By default it shows, and steers nothing.</summary>
public sealed class DashboardOptions
{
    /// <summary>The path of the page, with its API below it. Default <c>/handlers</c>; <c>/</c> is the root.</summary>
    public string Path { get; set; } = "/handlers";

    /// <summary>The path of the lights: <c>startup</c>, <c>ready</c> and <c>live</c> stand below it. Default <c>/health</c>. Null: they are not mapped.</summary>
    public string? HealthPath { get; set; } = "/health";

    /// <summary>The path of the metrics in Prometheus' text format. Default <c>/metrics</c>. Null: they are not mapped.</summary>
    public string? MetricsPath { get; set; } = "/metrics";

    /// <summary>
    /// The authorization policy of who may see the page and its API. Default null: whoever reaches the port. Lights and metrics do not ask for it:
    /// orchestrators and scrapers come without a user.
    /// </summary>
    public string? ReadPolicy { get; set; }

    /// <summary>
    /// The authorization policy of who may pause, resume, rewind, change concurrency and put dead letters back. Default null: nobody, and the routes
    /// are not there.
    /// </summary>
    public string? ControlPolicy { get; set; }

    /// <summary>
    /// The authorization policy of who may look at dead letters (key, headers, body) and at the text of exceptions, which may quote them. Default
    /// null: nobody, and only counts, types and positions are shown.
    /// </summary>
    public string? LetterPolicy { get; set; }

    /// <summary>Whether metrics have series for single lanes. Default true; with thousands of lanes they are most of the text.</summary>
    public bool LaneMetrics { get; set; } = true;
}
