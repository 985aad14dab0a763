namespace Handlers.Dashboard;

/// <summary>How long the calls of handlers took since the last look, from the buckets of their durations.</summary>
internal sealed class CallDurations(HandlersMetrics metrics)
{
    private const string Family = "messaging.process.duration";
    private const string Handler = "handlers.handler";

    private Dictionary<string, long[]> before = new(StringComparer.Ordinal);

    /// <summary>Median and 99th percentile by handler. One caller at a time.</summary>
    public Dictionary<string, (double? P50, double? P99)> SinceLast()
    {
        var now = new Dictionary<string, long[]>(StringComparer.Ordinal);
        var found = new Dictionary<string, (double?, double?)>(StringComparer.Ordinal);
        var series = metrics.Read(Family)?.Series ?? [];
        foreach (var of in series.Where(static s => s.Buckets is not null).GroupBy(static s => s.Labels.FirstOrDefault(static l => l.Key == Handler).Value ?? "", StringComparer.Ordinal))
        {
            var bounds = of.First().Buckets!.Bounds;
            var counts = new long[bounds.Count + 1];
            foreach (var one in of)
                for (var i = 0; i < counts.Length; i++) counts[i] += one.Buckets!.Counts[i];
            now[of.Key] = counts;
            var last = before.GetValueOrDefault(of.Key);
            var since = counts.Select((n, i) => Math.Max(0, n - (last?[i] ?? 0))).ToArray();
            found[of.Key] = (Percentile(bounds, since, 0.5), Percentile(bounds, since, 0.99));
        }

        before = now;
        return found;
    }

    /// <summary>Where a share of all counts ends, evenly spread inside its bucket. Null where there are none.</summary>
    internal static double? Percentile(IReadOnlyList<double> bounds, IReadOnlyList<long> counts, double share)
    {
        var all = counts.Sum();
        if (all == 0) return null;
        var wanted = share * all;
        var below = 0.0;
        for (var i = 0; i < bounds.Count; i++)
        {
            if (below + counts[i] >= wanted && counts[i] > 0)
            {
                var from = i == 0 ? 0 : bounds[i - 1];
                return from + (bounds[i] - from) * ((wanted - below) / counts[i]);
            }

            below += counts[i];
        }

        return bounds.Count > 0 ? bounds[^1] : null; // beyond the last bound nothing is known
    }
}
