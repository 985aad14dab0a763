namespace Handlers.Kinesis;

/// <summary>
/// When a shard may be fetched from next: the service takes five calls in a second and hands out 2 MiB a second, so after an answer of 10 MiB it
/// refuses for 5 s. Used by the shard's one reader.
/// </summary>
/// <param name="interval">
/// The least time from one fetch to the next. Less than the 200 ms that five calls in a second come to: it alone is waited for, as emulators have no limits, and
/// whatever a service refuses is tried again.
/// </param>
/// <param name="time">Time.</param>
internal sealed class FetchPace(TimeSpan interval, TimeProvider time)
{
    private const double BytesPerSecond = 2 * 1024 * 1024;
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Limit = Second / 5;

    private readonly long?[] calls = new long?[5]; // when the last five began, the oldest at next
    private int next;
    private long owedAt;        // when owed was as it says
    private double owed;        // bytes that the service has given in advance

    /// <summary>Zero: at once.</summary>
    public TimeSpan Wait
    {
        get
        {
            var wait = TimeSpan.Zero;
            if (interval >= Limit)
            {
                wait = TimeSpan.FromSeconds(Owed() / BytesPerSecond);
                if (calls[next] is { } oldest) wait = Max(wait, Second - time.GetElapsedTime(oldest));
            }

            if (calls[(next + calls.Length - 1) % calls.Length] is { } last) wait = Max(wait, interval - time.GetElapsedTime(last));
            return Max(wait, TimeSpan.Zero);
        }
    }

    public async ValueTask WaitAsync(CancellationToken stop)
    {
        // Timers count whole milliseconds: less than one would be none.
        while (Wait is var wait && wait > TimeSpan.Zero) await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, stop);
    }

    /// <summary>A fetch begins.</summary>
    public void Called()
    {
        calls[next] = time.GetTimestamp();
        next = (next + 1) % calls.Length;
    }

    /// <summary>It brought so many bytes.</summary>
    public void Got(long bytes)
    {
        owed = Owed() + bytes;
        owedAt = time.GetTimestamp();
    }

    private double Owed() => owed == 0 ? 0 : Math.Max(0, owed - (time.GetElapsedTime(owedAt).TotalSeconds * BytesPerSecond));

    private static TimeSpan Max(TimeSpan a, TimeSpan b) => a > b ? a : b;
}
