using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>
/// One run in segments, in every other of which one message in a thousand fails for ever. What slows the machine down for a while slows
/// both kinds, so the ratio of neighbours shows a few per cent, where two whole runs one after the other do not.
/// </summary>
internal sealed class Segments(int messages)
{
    private const int Length = 50_000;

    private readonly long[] began = new long[(messages / Length) + 1]; // each written once, by the message that begins it

    /// <summary>The n-th message, from 1, is handled.</summary>
    public void See(long n)
    {
        if (n % Length == 0) began[n / Length] = Stopwatch.GetTimestamp();
    }

    /// <summary>Whether the n-th message fails.</summary>
    public static bool Fails(long n) => n % 1000 == 500 && (n / Length & 1) == 1;

    /// <summary>Nanoseconds a message: of each segment with failures, and of its neighbours without. The first two warm up.</summary>
    public IEnumerable<(double Failing, double Quiet)> Pairs()
    {
        for (var i = 3; i + 2 < began.Length; i += 2) yield return (Nanoseconds(i), (Nanoseconds(i - 1) + Nanoseconds(i + 1)) / 2);
    }

    private double Nanoseconds(int segment) => Stopwatch.GetElapsedTime(began[segment], began[segment + 1]).TotalNanoseconds / Length;
}
