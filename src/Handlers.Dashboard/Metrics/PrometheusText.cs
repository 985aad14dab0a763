using System.Buffers;
using System.Globalization;
using System.Text;

namespace Handlers.Dashboard;

/// <summary>
/// Prometheus' text format, version 0.0.4: HELP and TYPE once for each family, then all its series; families ordered by name; line feeds only; no
/// timestamps. Buckets are added up and end with <c>+Inf</c>, which is the count.
/// </summary>
internal sealed class PrometheusText
{
    public const string ContentType = "text/plain; version=0.0.4; charset=utf-8";

    private readonly IBufferWriter<byte> to;
    private readonly SeriesLabels labels;
    private readonly Dictionary<double, string> bounds = [];

    private PrometheusText(IBufferWriter<byte> to, string? without)
    {
        this.to = to;
        labels = new SeriesLabels(without);
    }

    /// <summary>
    /// Every family, one with each step, so that the caller can flush between. Families whose names come out the same are one, where they are of one
    /// kind; otherwise the first counts.
    /// </summary>
    /// <param name="to">Where to.</param>
    /// <param name="families">What there is.</param>
    /// <param name="without">A label that is left out: series that differ only by it become one. Null: none is.</param>
    public static IEnumerable<string> Write(IBufferWriter<byte> to, IEnumerable<MetricFamily> families, string? without = null)
    {
        var text = new PrometheusText(to, without);
        foreach (var family in families.GroupBy(PrometheusNames.Of, StringComparer.Ordinal).OrderBy(static f => f.Key, StringComparer.Ordinal))
        {
            var first = family.First();
            text.Family(family.Key, first, family.Where(f => f.Kind == first.Kind).SelectMany(static f => f.Series));
            yield return family.Key;
        }
    }

    private void Family(string name, MetricFamily family, IEnumerable<MetricSeries> all)
    {
        var written = new Dictionary<string, MetricSeries>(family.Series.Count, StringComparer.Ordinal);
        foreach (var series in all)
        {
            // Two of the same labels are one series.
            var key = labels.Of(series.Labels);
            written[key] = written.TryGetValue(key, out var other) && Merged(family, other, series) is { } merged ? merged : series;
        }

        if (written.Count == 0) return;
        var help = family.Description.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal).Replace('\r', ' ');
        Put($"# HELP {name} {help}\n# TYPE {name} {family.Kind switch { MetricKind.Counter => "counter", MetricKind.Gauge => "gauge", _ => "histogram" }}\n");
        foreach (var (key, series) in written)
            if (family.Kind == MetricKind.Histogram) Histogram(name, key, series);
            else Sample(name, "", key, null, series.Value);
    }

    private void Histogram(string name, string labels, MetricSeries series)
    {
        if (series.Buckets is not { } buckets) return;
        var count = 0L;
        for (var i = 0; i < buckets.Bounds.Count; i++)
        {
            count += buckets.Counts[i];
            Sample(name, "_bucket", labels, buckets.Bounds[i], count);
        }

        count += buckets.Counts[^1];
        Sample(name, "_bucket", labels, double.PositiveInfinity, count);
        Sample(name, "_sum", labels, null, buckets.Sum);
        Sample(name, "_count", labels, null, count);
    }

    /// <summary>As the family has it. Null: they do not fit, and the later one counts.</summary>
    private static MetricSeries? Merged(MetricFamily family, MetricSeries a, MetricSeries b)
    {
        if (a.Buckets is not { } one || b.Buckets is not { } two)
            return a.Buckets is not null || b.Buckets is not null ? null : a with { Value = family.Merge(a.Value, b.Value) };
        if (!one.Bounds.SequenceEqual(two.Bounds)) return null;
        return a with { Value = a.Value + b.Value, Buckets = new DurationsSnapshot(one.Bounds, [.. one.Counts.Zip(two.Counts, static (x, y) => x + y)], one.Sum + two.Sum) };
    }

    /// <summary>Straight into the buffer: with a thousand lanes these are ten thousand lines.</summary>
    private void Sample(string name, string suffix, string labels, double? bound, double value)
    {
        Put(name);
        Put(suffix);
        if (labels.Length > 0 || bound is not null)
        {
            Put("{");
            Put(labels);
            if (bound is { } le)
            {
                Put(labels.Length > 0 ? ",le=\"" : "le=\"");
                Put(Bound(le));
                Put("\"");
            }

            Put("}");
        }

        Put(" ");
        Put(value);
        Put("\n");
    }

    /// <summary>A bound as collectors keep it and other exporters write it, whole ones with a fraction: rules select buckets by this text.</summary>
    private string Bound(double le)
    {
        if (bounds.TryGetValue(le, out var known)) return known;
        var text = double.IsPositiveInfinity(le) ? "+Inf" : le.ToString("R", CultureInfo.InvariantCulture).Replace('E', 'e');
        return bounds[le] = text.AsSpan().ContainsAny('.', 'e', 'I') ? text : text + ".0";
    }

    private void Put(double value)
    {
        if (!double.IsFinite(value))
        {
            Put(double.IsNaN(value) ? "NaN" : value > 0 ? "+Inf" : "-Inf");
            return;
        }

        var into = to.GetSpan(32);
        if (value.TryFormat(into, out var written, "R", CultureInfo.InvariantCulture)) to.Advance(written);
        else Put(value.ToString("R", CultureInfo.InvariantCulture));
    }

    /// <summary>UTF-8; halves of surrogate pairs become U+FFFD.</summary>
    private void Put(string text) => Encoding.UTF8.GetBytes(text, to);
}
