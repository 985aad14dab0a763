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
    private static readonly TimeSpan Limit = TimeSpan.FromMilliseconds(200); // five calls in a second

    private long? called;       // when the last fetch began
    private long owedAt;        // when owed was as it says
    private double owed;        // bytes that the service has given in advance

    /// <summary>Zero: at once.</summary>
    public TimeSpan Wait
    {
        get
        {
            var wait = interval >= Limit ? TimeSpan.FromSeconds(Owed() / BytesPerSecond) : TimeSpan.Zero;
            if (called is { } last && interval - time.GetElapsedTime(last) is var left && left > wait) wait = left;
            return wait > TimeSpan.Zero ? wait : TimeSpan.Zero;
        }
    }

    public async ValueTask WaitAsync(CancellationToken stop)
    {
        // Timers count whole milliseconds: less than one would be none.
        while (Wait is var wait && wait > TimeSpan.Zero) await Task.Delay(TimeSpan.FromMilliseconds(Math.Ceiling(wait.TotalMilliseconds)), time, stop);
    }

    /// <summary>A fetch begins.</summary>
    public void Called() => called = time.GetTimestamp();

    /// <summary>It brought so many bytes.</summary>
    public void Got(long bytes)
    {
        owed = Owed() + bytes;
        owedAt = time.GetTimestamp();
    }

    private double Owed() => owed == 0 ? 0 : Math.Max(0, owed - (time.GetElapsedTime(owedAt).TotalSeconds * BytesPerSecond));
}
