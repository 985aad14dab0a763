namespace Handlers;

/// <summary>
/// Numbers of assignments, for transports whose broker has none that the application could see and that a seek raises too: the clock's
/// milliseconds, never the same twice, so that they rise across processes.
/// </summary>
public sealed class Epochs(TimeProvider time)
{
    private long last;

    /// <summary>Higher than each before. Any thread.</summary>
    public long Next()
    {
        while (true)
        {
            var before = Volatile.Read(ref last);
            var next = Math.Max(before + 1, time.GetUtcNow().ToUnixTimeMilliseconds());
            if (Interlocked.CompareExchange(ref last, next, before) == before) return next;
        }
    }
}
