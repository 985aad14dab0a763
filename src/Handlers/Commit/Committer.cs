namespace Handlers;

/// <summary>
/// Makes the watermarks of a subscription's lanes durable while they run: every interval, and soon after a lane ran dry. Short
/// ticks, so that a lane that runs dry after each message does not cost a commit for each.
/// </summary>
/// <param name="lanes">The lanes of now.</param>
/// <param name="flusher">Makes durable what the lanes stored; tries again what fails for a moment.</param>
/// <param name="interval">How often, at least, while messages are handled.</param>
/// <param name="transactions">The same of lanes with transactions; null: there are none.</param>
/// <param name="time">Time.</param>
internal sealed class Committer(Func<IEnumerable<CommitStrategy>> lanes, Flusher flusher, TimeSpan interval, TimeSpan? transactions, TimeProvider time)
{
    private static readonly TimeSpan Tick = TimeSpan.FromMilliseconds(250);

    /// <summary>Runs until <paramref name="ended"/> fires. Throws what the last attempt of a commit threw.</summary>
    public async Task RunAsync(CancellationToken ended)
    {
        using var timer = new PeriodicTimer(new[] { interval, transactions ?? Tick, Tick }.Min(), time);
        var last = time.GetTimestamp();
        var lastTransaction = last;
        try
        {
            while (await timer.WaitForNextTickAsync(ended))
            {
                var due = time.GetElapsedTime(last) >= interval;
                var transactionsDue = time.GetElapsedTime(lastTransaction) >= transactions;
                var (stored, storedTransaction) = (false, false);
                foreach (var lane in lanes())
                {
                    if (lane is CommitTransaction && (transactionsDue || lane.IsIdle)) storedTransaction |= lane.Store();
                    else if (lane is not CommitTransaction && (due || lane.IsIdle)) stored |= lane.Store();
                }

                if (!stored && !storedTransaction) continue;
                await flusher.FlushAsync(ended);
                if (stored) last = time.GetTimestamp();
                if (storedTransaction) lastTransaction = time.GetTimestamp();
            }
        }
        catch (OperationCanceledException) when (ended.IsCancellationRequested)
        {
            // Each lane commits for itself when it ends.
        }
    }
}
