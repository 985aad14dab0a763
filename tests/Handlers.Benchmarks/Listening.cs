using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Benchmarks;

/// <summary>Somebody who listens to telemetry, now and then.</summary>
internal abstract class Listening : IDisposable
{
    /// <summary>Listens from now on, or does not.</summary>
    public abstract void Turn(bool on);

    public void Dispose() => Turn(false);

    public sealed class Nothing : Listening
    {
        public override void Turn(bool on) { }
    }

    /// <summary>OpenTelemetry as an application has it.</summary>
    public sealed class OpenTelemetry(bool traces) : Listening
    {
        private Observed? observed;

        public override void Turn(bool on)
        {
            observed?.Dispose();
            observed = on ? new Observed(traces) : null;
        }
    }

    /// <summary>Metrics that are kept, and written as text once a second.</summary>
    public sealed class Reader(IServiceProvider services) : Listening
    {
        private readonly HandlersMetrics metrics = services.GetRequiredService<HandlersMetrics>();
        private readonly Instruments instruments = services.GetRequiredService<Instruments>();
        private Timer? timer;

        public override void Turn(bool on)
        {
            if (on) metrics.Keep();
            else instruments.IsKept = false;
            if (on) timer ??= new Timer(Write, null, TimeSpan.Zero, TimeSpan.FromSeconds(1));
        }

        private void Write(object? _)
        {
            var text = new StringBuilder();
            foreach (var family in metrics.Read())
                foreach (var series in family.Series)
                    text.Append(family.Name).Append(string.Join(',', series.Labels)).Append(series.Value).AppendJoin(' ', series.Buckets?.Counts ?? []).AppendLine();
            if (text.Length == 0) timer?.Dispose(); // the host is gone
        }
    }
}
