namespace Handlers;

/// <summary>The upper bounds of buckets, in seconds, ascending. Nobody writes to them.</summary>
internal static class DurationBounds
{
    /// <summary>What the conventions advise.</summary>
    public static readonly double[] Conventional = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];

    /// <summary>The same, and below them what tells calls apart that take microseconds.</summary>
    public static readonly double[] Fine = [1e-6, 2e-6, 5e-6, 1e-5, 2e-5, 5e-5, 0.0001, 0.0002, 0.0005, 0.001, 0.002, .. Conventional];

    /// <summary>Of ages: what lay in a topic for a day is no rarity.</summary>
    public static readonly double[] Ages = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300, 900, 3600, 21_600, 86_400];

    /// <summary>Those of baseplate's Kafka consumer.</summary>
    public static readonly double[] Baseplate = [0.0001, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 30];

    /// <summary>Which bucket a value is in. A bound belongs to the bucket below it; what is above the last, or no number, is in the last bucket.</summary>
    public static int IndexOf(ReadOnlySpan<double> bounds, double value)
    {
        var (from, to) = (0, bounds.Length);
        while (from < to)
        {
            var middle = (from + to) >>> 1;
            if (value <= bounds[middle]) to = middle;
            else from = middle + 1;
        }

        return from;
    }
}
