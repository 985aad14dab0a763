namespace Handlers;

/// <summary>A distribution, added up as it happens. Any thread.</summary>
/// <param name="bounds">The bounds of its buckets; none: it only counts.</param>
internal sealed class Durations(double[] bounds)
{
    private const double Nanoseconds = 1e9;

    private readonly long[] counts = new long[bounds.Length + 1];
    private long sum; // in nanoseconds: a sum of fractions would want a loop to be added to

    /// <summary>So many took so long each.</summary>
    public void Add(double seconds, int times)
    {
        Interlocked.Add(ref counts[DurationBounds.IndexOf(bounds, seconds)], times);
        Interlocked.Add(ref sum, (long)(seconds * Nanoseconds) * times);
    }

    /// <summary>As of now. What is being added may be in the counts and not in the sum yet.</summary>
    public DurationsSnapshot Read()
    {
        var read = new long[counts.Length];
        for (var i = 0; i < read.Length; i++) read[i] = Volatile.Read(ref counts[i]);
        return new(bounds, read, Volatile.Read(ref sum) / Nanoseconds);
    }
}
