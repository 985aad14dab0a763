namespace Handlers;

/// <summary>What to listen to; docs/telemetry.md lists every name, unit and label.</summary>
public static class HandlersTelemetry
{
    /// <summary>The name of the <see cref="System.Diagnostics.ActivitySource"/> and of the <see cref="System.Diagnostics.Metrics.Meter"/>.</summary>
    public const string Name = "Handlers";

    /// <summary>The name of the meter of the compatibility view, which <c>Handlers:CompatibilityMetrics</c> turns on.</summary>
    public const string CompatibilityName = "Handlers.Compatibility";
}
