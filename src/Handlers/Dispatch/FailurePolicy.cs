using Microsoft.Extensions.Logging;

namespace Handlers;

/// <summary>
/// Settles an outcome that is not final, as the handler declared: called again, published to a retry topic, then dead-lettered or skipped;
/// or left as it is, which stops the subscription.
/// </summary>
/// <param name="settings">The handler's.</param>
/// <param name="site">Handler and lane.</param>
/// <param name="retry">Calls again; null: not.</param>
/// <param name="nextTopic">The retry topic that comes next; null: none.</param>
/// <param name="letters">Publishes what could not be handled.</param>
/// <param name="failures">Hears of attempts that failed, for people who look.</param>
/// <param name="time">Time.</param>
/// <param name="logger">Hears of attempts.</param>
internal sealed class FailurePolicy(HandlerSettings settings, CallSite site, Retry? retry, string? nextTopic, Letters letters, LastFailures failures, TimeProvider time, ILogger logger)
{
    /// <summary>Whether it may call again or publish, and so needs the bytes of a message that failed.</summary>
    public bool NeedsBytes { get; } = retry is not null || nextTopic is not null || settings.DeadLetter is not null;

    /// <summary>Whether a call with this outcome may be made again.</summary>
    public bool Retries(Outcome outcome) => retry is not null && !AsksToEnd(outcome) && outcome is { Kind: OutcomeKind.Failed, IsInvalid: false, Exception: { } e } && retry.Tries(e);

    /// <summary>Calls again, where that is declared. Returns how often the handler was called in all, and the last outcome.</summary>
    public ValueTask<(int Calls, Outcome Last)> RetryAsync(Outcome outcome, Position position, Func<ValueTask<Outcome>> again, ISlot? slot, CancellationToken waiting)
    {
        if (outcome.Kind != OutcomeKind.Failed) return new((1, outcome));
        if (outcome.IsInvalid) return new((0, outcome));
        if (retry is null || AsksToEnd(outcome)) return new((1, outcome));
        return retry.RunAsync(outcome, again, Pausing, slot, waiting);

        void Pausing(Outcome failed, int calls, TimeSpan pause)
        {
            failures.Add(time.GetUtcNow(), site.Lane, position, failed.Kind, failed.Exception!, failed.Reason, isInvalid: false);
            logger.Retrying(failed.Exception, site.Handler, site.Lane, position, calls, pause);
        }
    }

    /// <summary>Whether an outcome is settled by publishing the message elsewhere.</summary>
    public bool Publishes(Outcome outcome) => outcome.Kind == OutcomeKind.Failed && Last(outcome) is OutcomeKind.Deferred or OutcomeKind.DeadLettered;

    /// <summary>The last word where nothing is published.</summary>
    public Outcome Settle(Outcome outcome) => outcome.Kind == OutcomeKind.Failed ? outcome.As(Last(outcome)) : outcome;

    /// <summary>
    /// Publishes it, and gives the last word when that is acknowledged (with a transaction at once: the letter is in it). None where <paramref name="waiting"/> or
    /// <paramref name="publishing"/> fired before.
    /// </summary>
    public async ValueTask<Outcome> PublishAsync(Outcome outcome, int calls, Message message, CancellationToken waiting, CancellationToken publishing)
    {
        var last = Last(outcome);
        var topic = last == OutcomeKind.Deferred ? nextTopic! : settings.DeadLetter!;
        if (site.IsTransactional) return outcome.As(last).With([letters.Letter(topic, message, outcome, calls)]);
        return await letters.PublishAsync(topic, message, outcome, calls, waiting, publishing) ? outcome.As(last) : default;
    }

    /// <summary>Whether the handler wants the host to stop or its subscription to begin again, which is no failure.</summary>
    public static bool AsksToEnd(Outcome outcome) => outcome.Exception is StopProcessingException or RestartProcessingException;

    private OutcomeKind Last(Outcome outcome) => AsksToEnd(outcome) ? OutcomeKind.Failed
        : nextTopic is not null && !outcome.IsInvalid ? OutcomeKind.Deferred
        : outcome.IsUnmatched ? Unmatched()
        : outcome.IsInvalid ? Invalid()
        : Failed();

    private OutcomeKind Invalid() => settings.OnInvalid switch
    {
        InvalidMessage.DeadLetter => OutcomeKind.DeadLettered,
        InvalidMessage.Stop => OutcomeKind.Failed,
        _ => OutcomeKind.Skipped,
    };

    private OutcomeKind Failed() => settings.OnFailure switch
    {
        FailedHandler.DeadLetter => OutcomeKind.DeadLettered,
        FailedHandler.Skip => OutcomeKind.Skipped,
        _ => OutcomeKind.Failed,
    };

    private OutcomeKind Unmatched() => settings.OnUnmatched switch
    {
        UnmatchedType.DeadLetter => OutcomeKind.DeadLettered,
        UnmatchedType.Stop => OutcomeKind.Failed,
        _ => OutcomeKind.Skipped,
    };
}
