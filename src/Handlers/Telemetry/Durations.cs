namespace Handlers;

/// <summary>A distribution, added up as it happens. Any thread.</summary>
/// <param name="bounds">The bounds of its buckets; none: it only counts.</param>
internal sealed class Durations(double[] bounds)
{
    private readonly long[] counts = new long[bounds.Length + 1];
    private Durations? movesTo;
    private double sum; // in seconds: of nanoseconds, a whole number holds five ages since 1970 and no more

    /// <summary>So many took so long each.</summary>
    public void Add(double seconds, int times)
    {
        Interlocked.Add(ref counts[DurationBounds.IndexOf(bounds, seconds)], times);
        AddToSum(seconds * times);
    }

    /// <summary>Where what is here goes from now on; null until it is to go.</summary>
    public Durations? MovesTo
    {
        get => Volatile.Read(ref movesTo);
        set => Interlocked.Exchange(ref movesTo, value); // seen by whoever adds after what is here was taken
    }

    /// <summary>Takes what is here to <see cref="MovesTo"/>, which has the same bounds.</summary>
    public void Move()
    {
        var to = MovesTo!;
        for (var i = 0; i < counts.Length; i++) Interlocked.Add(ref to.counts[i], Interlocked.Exchange(ref counts[i], 0));
        to.AddToSum(Interlocked.Exchange(ref sum, 0));
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
