using System.Diagnostics;

namespace Handlers.Benchmarks;

/// <summary>
/// One run in segments, in every other of which something is otherwise: one message in a thousand fails for ever, or somebody listens. What slows
/// the machine down for a while slows both kinds, so the ratio of neighbours shows a few per cent, where two whole runs one after the other do not.
/// </summary>
/// <param name="messages">How many the run has.</param>
/// <param name="turn">Called where a segment begins, with whether it is one of the other kind; null: the handler asks <see cref="Fails"/>.</param>
internal sealed class Segments(int messages, Action<bool>? turn = null)
{
    private const int Failing = 50_000;
    private const int Listening = 300_000;

    private readonly int length = LengthOf(turn);
    private readonly int settles = turn is null ? 0 : 100_000; // of a segment's messages, before those that are timed: what listens is made, or ended, meanwhile
    private readonly long[] began = new long[(messages / LengthOf(turn)) + 1]; // each written once
    private readonly long[] ended = new long[(messages / LengthOf(turn)) + 1];

    /// <summary>The n-th message, from 1, is handled.</summary>
    public void See(long n)
    {
        var inside = n % length;
        if (inside == 0)
        {
            ended[(n / length) - 1] = Stopwatch.GetTimestamp();
            turn?.Invoke((n / length & 1) == 1);
        }

        if (inside == settles) began[n / length] = Stopwatch.GetTimestamp();
    }

    /// <summary>Whether the n-th message fails.</summary>
    public static bool Fails(long n) => n % 1000 == 500 && (n / Failing & 1) == 1;

    /// <summary>Nanoseconds a message: of each segment of the other kind, and of its neighbours. The first two warm up.</summary>
    public IEnumerable<(double Other, double Plain)> Pairs()
    {
        for (var i = 3; i + 2 < began.Length; i += 2) yield return (Nanoseconds(i), (Nanoseconds(i - 1) + Nanoseconds(i + 1)) / 2);
    }

    private double Nanoseconds(int segment) => Stopwatch.GetElapsedTime(began[segment], ended[segment]).TotalNanoseconds / (length - settles);

    private static int LengthOf(Action<bool>? turn) => turn is null ? Failing : Listening;
}
