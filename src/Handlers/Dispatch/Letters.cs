using System.Globalization;
using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>
/// Publishes what a lane could not handle, to a retry topic or the dead letters: raw key, body and headers, and what there is to know of
/// it. While that fails, the lane is paused.
/// </summary>
internal sealed class Letters(CallSite site, IPublisher publisher, bool isRetryLane, LanePause pause, TimeProvider time, ILogger logger)
{
    /// <summary>How much of an exception's message a header takes.</summary>
    private const int LongestReason = 1000;

    /// <summary>An acknowledgement that takes longer pauses the lane: a broker's client may try for minutes before it says that it cannot.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan FirstPause = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestPause = TimeSpan.FromSeconds(30);

    /// <summary>The message to publish, for a transaction that the position is in too.</summary>
    public OutgoingMessage Letter(string topic, Message message, Outcome outcome, int calls) => Write(topic, in message, outcome, calls);

    /// <summary>
    /// Completes when the broker has acknowledged it: true. Tries again for as long as it takes; false where <paramref name="waiting"/>
    /// (between attempts) or <paramref name="publishing"/> fired first.
    /// </summary>
    public async ValueTask<bool> PublishAsync(
        string topic, Message message, Outcome outcome, int calls, CancellationToken waiting, CancellationToken publishing)
    {
        var letter = Write(topic, in message, outcome, calls);
        var paused = false;
        try
        {
            for (var attempt = 0; ; attempt++)
            {
                try
                {
                    var acknowledged = publisher.PublishAsync(letter, publishing).AsTask();
                    if (!paused && !await IsInTimeAsync(acknowledged))
                    {
                        logger.LetterWaits(site.Handler, Patience, topic, site.Lane, message.Position);
                        pause.Set(PauseReasons.CannotPublish, true);
                        paused = true;
                    }

                    await acknowledged;
                    if (paused) logger.PublishesAgain(site.Handler, topic, site.Lane, message.Position);
                    return true;
                }
                catch (OperationCanceledException) when (publishing.IsCancellationRequested)
                {
                    return false;
                }
                catch (Exception e)
                {
                    var wait = Wait(attempt);
                    logger.CannotPublish(e, site.Handler, topic, site.Lane, message.Position, wait);
                    if (!paused) pause.Set(PauseReasons.CannotPublish, true);
                    paused = true;
                    if (!await WaitedAsync(wait, waiting)) return false;
                }
            }
        }
        finally
        {
            if (paused) pause.Set(PauseReasons.CannotPublish, false);
        }
    }

    private async ValueTask<bool> IsInTimeAsync(Task acknowledged)
    {
        if (!acknowledged.IsCompleted) await acknowledged.WaitAsync(Patience, time).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return acknowledged.IsCompleted;
    }

    private async ValueTask<bool> WaitedAsync(TimeSpan wait, CancellationToken stop)
    {
        await Task.Delay(wait, time, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        return !stop.IsCancellationRequested;
    }

    private static TimeSpan Wait(int attempt) => TimeSpan.FromSeconds(Math.Min(FirstPause.TotalSeconds * Math.Pow(2, Math.Min(attempt, 10)), LongestPause.TotalSeconds));

    private OutgoingMessage Write(string topic, in Message message, Outcome outcome, int calls)
    {
        var origin = isRetryLane ? Origin.Of(site.Lane, in message) : Origin.Here(site.Lane, in message);
        var own = (message.Headers ?? Headers.Empty).Where(static h => !h.Name.StartsWith(DeadLetterHeaders.Prefix, StringComparison.Ordinal) || h.Name == DeadLetterHeaders.Redriven);
        var reason = outcome.Reason;
        return new OutgoingMessage
        {
            Topic = topic,
            Key = message.Key.ToNullableMemory(),
            Body = message.Body.ToNullableMemory(),
            Headers = new Headers(own.Concat(
            [
                Header.Of(DeadLetterHeaders.Id, origin.Id),
                Header.Of(DeadLetterHeaders.Topic, origin.Topic),
                Header.Of(DeadLetterHeaders.Lane, origin.Lane),
                Header.Of(DeadLetterHeaders.Position, origin.Position),
                Header.Of(DeadLetterHeaders.Group, site.Group),
                Header.Of(DeadLetterHeaders.Handler, site.Handler),
                Header.Of(DeadLetterHeaders.Attempts, (origin.Attempts + calls).ToString(CultureInfo.InvariantCulture)),
                Header.Of(DeadLetterHeaders.Exception, outcome.Exception?.GetType().ToString()),
                Header.Of(DeadLetterHeaders.Reason, reason.Length > LongestReason ? reason[..LongestReason] : reason),
                Header.Of(DeadLetterHeaders.Time, Text(time.GetUtcNow())),
                Header.Of(DeadLetterHeaders.Published, Text(origin.Published)),
            ])),
        };
    }

    private static string Text(DateTimeOffset time) => time.UtcDateTime.ToString("O", CultureInfo.InvariantCulture);
}
