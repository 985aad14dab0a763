using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>
/// Makes durable what the lanes of a subscription stored. One flush at a time; callers that come while one is under way share
/// the next.
/// </summary>
internal sealed class Flusher(ISubscription subscription, string group, int attempts, TimeProvider time, ILogger logger, CommitTelemetry? telemetry = null)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromMilliseconds(100);

    /// <summary>Others wait for their turn meanwhile, the last commits of a stop among them.</summary>
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(2);

    private readonly Turn turn = new();
    private long began;     // when the one under way began, as a timestamp; 0: none is. Written inside the turn
    private int failures;   // in a row. Written inside the turn
    private long requested; // raised by any caller after it stored
    private long covered;   // written inside the turn only: requests that were made before a flush that succeeded

    public string Group => group;

    /// <summary>For how long a flush is under way, its attempts together. Zero where none is.</summary>
    public TimeSpan Age => Volatile.Read(ref began) is not 0 and var since ? time.GetElapsedTime(since) : TimeSpan.Zero;

    /// <summary>How often in a row it has failed by now. Zero where the last attempt succeeded.</summary>
    public int Failures => Volatile.Read(ref failures);

    /// <summary>What is told of commits; null: nothing.</summary>
    public CommitTelemetry? Telemetry => telemetry;

    /// <summary>The number of the first flush that is asked for from now on: it covers what is stored now.</summary>
    public long Next => Volatile.Read(ref requested) + 1;

    /// <summary>Whether a flush of this number, or one that covers it, has succeeded.</summary>
    public bool IsDone(long number) => Volatile.Read(ref covered) >= number;

    /// <summary>
    /// Completes when all that was stored before the call is durable. Tries transient failures again, a little later each
    /// time; throws what the last attempt threw.
    /// </summary>
    public async ValueTask FlushAsync(CancellationToken stop)
    {
        var mine = Interlocked.Increment(ref requested);
        await turn.TakeAsync(stop);
        try
        {
            if (covered >= mine) return;
            var all = Volatile.Read(ref requested);
            Volatile.Write(ref began, Math.Max(1, time.GetTimestamp()));
            await TryAsync(stop);
            Volatile.Write(ref covered, all);
            telemetry?.Committed(began);
        }
        finally
        {
            Volatile.Write(ref began, 0);
            turn.End();
        }
    }

    /// <summary>Does something between flushes: a lane's position is not to move while one is under way.</summary>
    public async ValueTask BetweenAsync(Func<ValueTask> work, CancellationToken stop)
    {
        await turn.TakeAsync(stop);
        try
        {
            await work();
        }
        finally
        {
            turn.End();
        }
    }

    private async ValueTask TryAsync(CancellationToken stop)
    {
        for (var attempt = 1; ; attempt++)
        {
            try
            {
                await (telemetry?.AttemptAsync(subscription, stop) ?? subscription.FlushAsync(stop));
                Volatile.Write(ref failures, 0);
                return;
            }
            catch (TransportException e) when (e.IsTransient && attempt < attempts)
            {
                Volatile.Write(ref failures, failures + 1);
                logger.CommitFailed(e, group, attempt, attempts);
                await Task.Delay(Pause(attempt), time, stop);
            }
        }
    }

    private static TimeSpan Pause(int attempt)
    {
        var milliseconds = Math.Min(FirstPause.TotalMilliseconds * Math.Pow(2, attempt - 1), LongestPause.TotalMilliseconds);
        return TimeSpan.FromMilliseconds(milliseconds);
    }
}
