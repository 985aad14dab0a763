using System.Diagnostics;
using System.Text.Json.Serialization;

namespace Handlers.Benchmarks;

public sealed record Reading(string Sensor, double Value, long At, string Note);

[JsonSerializable(typeof(Reading))]
internal sealed partial class BenchJson : JsonSerializerContext;

/// <summary>The handlers that are measured: they do nothing but see that all came, in order, and mark where measuring begins and ends.</summary>
internal static class Measured
{
    private static long from;
    private static long to;
    private static long seen;
    private static long began;
    private static long allocated;
    private static TaskCompletionSource<Figures> done = new();

    /// <summary>Measures the messages behind the first <paramref name="warm"/> of <paramref name="total"/>.</summary>
    public static Task<Figures> Begin(long warm, long total)
    {
        (from, to, seen) = (warm, total, 0);
        done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        return done.Task;
    }

    [StreamHandler("bytes", Group = "bench")]
    public static void OnBytes(ReadOnlyMemory<byte> body) => See();

    [StreamHandler("json", Group = "bench")]
    public static void OnReading(Reading reading) => See();

    /// <summary>The run of <see cref="OnSuspect"/>, or of one of those that are switched.</summary>
    public static Segments Segments { get; set; } = new(0);

    [StreamHandler("json", Group = "suspects"), DeadLetter("dead")]
    public static void OnSuspect(Reading reading)
    {
        var n = See();
        Segments.See(n);
        if (Segments.Fails(n)) throw new InvalidOperationException("This one fails for ever.");
    }

    [StreamHandler("json", Group = "switched")]
    public static void OnSwitched(Reading reading) => Segments.See(See());

    [StreamHandler("bytes", Group = "switched")]
    public static void OnSwitchedBytes(ReadOnlyMemory<byte> body) => Segments.See(See());

    [StreamHandler("keyed", Group = "switched", Ordering = Ordering.Key, Concurrency = 16)]
    public static void OnSwitchedKeyed(ReadOnlyMemory<byte> body) => Segments.See(See());

    [StreamHandler("keyed", Group = "keys", Ordering = Ordering.Key, Concurrency = 16)]
    public static void OnKeyed(ReadOnlyMemory<byte> body) => See();

    [StreamHandler("keyed", Group = "any", Ordering = Ordering.None, Concurrency = 16)]
    public static void OnAny(ReadOnlyMemory<byte> body) => See();

    /// <summary>Its counts are the runtime's own.</summary>
    [StreamHandler("endless", Group = "endless")]
    public static void OnEndless(Reading reading) { }

    /// <summary>Returns the number of the message, from 1. Who needs it takes this: a second look at the counter would cost a lane another core's cache line.</summary>
    private static long See()
    {
        var seen = Interlocked.Increment(ref Measured.seen);
        if (seen == from)
        {
            allocated = GC.GetTotalAllocatedBytes(precise: true);
            began = Stopwatch.GetTimestamp();
        }
        else if (seen == to)
        {
            var elapsed = Stopwatch.GetElapsedTime(began);
            done.TrySetResult(new Figures(elapsed.TotalNanoseconds / (to - from), (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)(to - from)));
        }

        return seen;
    }
}

/// <summary>What one round measured.</summary>
/// <param name="Nanoseconds">Wall time per message.</param>
/// <param name="Bytes">Bytes that the process allocated per message.</param>
internal sealed record Figures(double Nanoseconds, double Bytes);
