namespace Handlers;

/// <summary>A distribution, added up as it happens. Any thread.</summary>
/// <param name="bounds">The bounds of its buckets; none: it only counts.</param>
internal sealed class Durations(double[] bounds)
{
    private readonly long[] counts = new long[bounds.Length + 1];
    private double sum; // in seconds: of nanoseconds, a whole number holds five ages since 1970 and no more

    /// <summary>So many took so long each.</summary>
    public void Add(double seconds, int times)
    {
        Interlocked.Add(ref counts[DurationBounds.IndexOf(bounds, seconds)], times);
        AddToSum(seconds * times);
    }

    /// <summary>All of another that has the same bounds.</summary>
    public void Add(DurationsSnapshot other)
    {
        for (var i = 0; i < counts.Length; i++) Interlocked.Add(ref counts[i], other.Counts[i]);
        AddToSum(other.Sum);
    }

    /// <summary>As of now. What is being added may be in the counts and not in the sum yet.</summary>
    public DurationsSnapshot Read()
    {
        var read = new long[counts.Length];
        for (var i = 0; i < read.Length; i++) read[i] = Volatile.Read(ref counts[i]);
        return new(bounds, read, Volatile.Read(ref sum));
    }

    /// <summary>A loop, which goes round again where two add at once: a handler is timed 10,000 times a second at most, so they hardly do.</summary>
    private void AddToSum(double seconds)
    {
        if (seconds == 0) return; // what only counts
        var before = Volatile.Read(ref sum);
        while (true)
        {
            var seen = Interlocked.CompareExchange(ref sum, before + seconds, before);
            if (BitConverter.DoubleToInt64Bits(seen) == BitConverter.DoubleToInt64Bits(before)) return; // by its bits, as it compares them
            before = seen;
        }
    }
}
