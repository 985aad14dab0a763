namespace Handlers.Benchmarks;

/// <summary>
/// Counts messages where they are handled, the same for every client. Each thread counts for itself and shares every 64th of many: a counter in
/// common would cost a fast lane another core's cache line for each message.
/// </summary>
internal static class Handled
{
    private const int Many = 100_000;

    private static readonly List<Counter> Counters = []; // guarded by itself

    [ThreadStatic]
    private static Counter? mine;

    private static Window window = Window.Middle(0);
    private static long shared;
    private static int share;

    /// <summary>A pass begins: nothing of the last one is counted any more.</summary>
    /// <param name="messages">How many it has.</param>
    /// <param name="over">What is measured of it; null: its middle.</param>
    public static Window Begin(long messages, Window? over = null)
    {
        lock (Counters)
            foreach (var counter in Counters) counter.Seen = 0;
        Volatile.Write(ref shared, 0);
        share = messages < Many || over is not null ? 1 : 64; // it may end with the very last
        return window = over ?? Window.Middle(messages);
    }

    /// <summary>How many have been handled.</summary>
    public static long Total
    {
        get
        {
            lock (Counters) return Counters.Sum(static c => Volatile.Read(ref c.Seen));
        }
    }

    /// <summary>A message is handled.</summary>
    public static void See()
    {
        var counter = mine ?? Join();
        if ((++counter.Seen & (share - 1)) == 0) window.At(Interlocked.Add(ref shared, share));
    }

    private static Counter Join()
    {
        mine = new Counter();
        lock (Counters) Counters.Add(mine);
        return mine;
    }

    private sealed class Counter
    {
        public long Seen; // written by one thread
    }
}
