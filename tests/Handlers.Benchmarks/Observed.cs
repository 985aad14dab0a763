using System.Diagnostics;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;

namespace Handlers.Benchmarks;

/// <summary>OpenTelemetry as an application has it, every span recorded that is begun, with exporters that throw all of it away: what they cost is not ours.</summary>
internal sealed class Observed : IDisposable
{
    private readonly MeterProvider metrics = Sdk.CreateMeterProviderBuilder().AddMeter(HandlersTelemetry.Name, HandlersTelemetry.CompatibilityName)
        .AddReader(new PeriodicExportingMetricReader(new Nowhere<Metric>(), exportIntervalMilliseconds: 1000)).Build();

    private readonly TracerProvider? spans;

    public Observed(bool traces)
    {
        if (traces) spans = Sdk.CreateTracerProviderBuilder().AddSource(HandlersTelemetry.Name).AddProcessor(new BatchActivityExportProcessor(new Nowhere<Activity>())).Build();
    }

    public void Dispose()
    {
        spans?.Dispose();
        metrics.Dispose();
    }

    private sealed class Nowhere<T> : BaseExporter<T> where T : class
    {
        public override ExportResult Export(in Batch<T> batch) => ExportResult.Success;
    }
}
