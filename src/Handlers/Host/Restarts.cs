using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>
/// The subscriptions of a group, one after the other: it begins again when a handler asks for that (<see cref="RestartProcessingException"/>), for as long as the
/// host runs.
/// </summary>
/// <remarks>
/// A pause comes before each: whoever leaves a group and joins it again costs its other members a moment, and a handler that always asks would do nothing else.
/// What was handled meanwhile says nothing of that, as other lanes may go on well; how long the subscription ran does.
/// </remarks>
/// <param name="runtime">Knows the subscription of now.</param>
/// <param name="subscriber">Makes the next.</param>
/// <param name="time">Time.</param>
/// <param name="logger">Hears of each.</param>
/// <param name="stop">The host stops: nothing begins any more.</param>
internal sealed class Restarts(HandlersRuntime runtime, Subscriber subscriber, TimeProvider time, ILogger logger, CancellationToken stop)
{
    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>What has run for so long has left behind what it was restarted for.</summary>
    private static readonly TimeSpan Settled = TimeSpan.FromMinutes(1);

    private TimeSpan pause = FirstPause;

    /// <summary>Runs until the host stops or a subscription fails. Returns that failure, when every lane has ended.</summary>
    public async Task<Exception?> RunAsync(SubscriptionLoop subscription)
    {
        while (true)
        {
            var began = time.GetTimestamp();
            var failure = await subscription.RunAsync();
            if (failure is not HandlerFailedException { InnerException: RestartProcessingException asked }) return failure;
            if (stop.IsCancellationRequested) return null; // the message comes again at the next start
            if (time.GetElapsedTime(began) >= Settled) pause = FirstPause;
            logger.Restarting(asked.InnerException, subscription.Group.Group, pause, subscription.Restarts + 1, failure.Message);
            var (next, error) = await BeginAsync(subscription);
            if (next is null) return error;
            runtime.Replace(subscription, next);
            subscription = next;
        }
    }

    /// <summary>The next one. Neither it nor an error: the host stops.</summary>
    private async Task<(SubscriptionLoop? Next, Exception? Error)> BeginAsync(SubscriptionLoop before)
    {
        while (true)
        {
            await Task.Delay(pause, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            pause = pause * 2 < LongestPause ? pause * 2 : LongestPause;
            if (stop.IsCancellationRequested) return (null, null);
            try
            {
                return (await subscriber.SubscribeAgainAsync(before, stop), null);
            }
            catch (OperationCanceledException) when (stop.IsCancellationRequested)
            {
                return (null, null);
            }
            catch (TransportException e) when (e.IsTransient)
            {
                logger.CannotRestart(e, before.Group.Group, pause);
            }
            catch (Exception e)
            {
                return (null, e);
            }
        }
    }
}
