namespace Handlers;

/// <summary>
/// How fast a handler is called in this process, in all of its lanes: above <see cref="Fastest"/> calls a second not each is timed, as two looks
/// at the clock and a measurement (about 400 ns) would be a good part of what a fast message costs in all. Any thread.
/// </summary>
internal sealed class CallPace(TimeProvider time)
{
    /// <summary>Calls a second up to which each is timed: 0.4 % of a processor's time.</summary>
    public const int Fastest = 10_000;

    private static readonly TimeSpan Window = TimeSpan.FromSeconds(0.1);

    private long began = time.GetTimestamp(); // of the window
    private long calls;                       // in it
    private volatile bool isFast;

    /// <summary>Whether only some calls are to be timed.</summary>
    public bool IsFast => isFast;

    /// <summary>So many more calls.</summary>
    public void Add(int more) => Interlocked.Add(ref calls, more);

    /// <summary>Looks whether that is still so. A window is short where each call is timed, so that a burst is not over before it is noticed.</summary>
    public void Look()
    {
        var from = Volatile.Read(ref began);
        var now = time.GetTimestamp();
        var elapsed = time.GetElapsedTime(from, now);
        if (elapsed < Window && (isFast || Volatile.Read(ref calls) < Fastest * Window.TotalSeconds)) return;
        if (Interlocked.CompareExchange(ref began, now, from) != from) return; // another lane does
        isFast = Interlocked.Exchange(ref calls, 0) > Fastest * elapsed.TotalSeconds;
    }
}
