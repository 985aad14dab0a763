using Polly;
using Polly.Retry;

namespace Handlers;

/// <summary>Calls a handler again as its pipeline says. Built once per handler; the first call, which mostly succeeds, is not its business.</summary>
/// <param name="pipeline">When it is called again.</param>
/// <param name="tries">Which exceptions it tries again at all; null: the pipeline alone knows.</param>
internal sealed class Retry(ResiliencePipeline pipeline, Func<Exception, bool>? tries = null)
{
    private static readonly ResiliencePropertyKey<Attempts> Key = new("handlers.attempts");

    /// <summary>A pipeline of these settings.</summary>
    /// <param name="settings">Attempts, pauses, types.</param>
    /// <param name="time">Time.</param>
    /// <param name="random">0 to 1, for jitter.</param>
    public static Retry Of(RetrySettings settings, TimeProvider time, Func<double> random) => new(
        new ResiliencePipelineBuilder { TimeProvider = time }.AddRetry(new RetryStrategyOptions
        {
            MaxRetryAttempts = settings.Attempts - 1,
            Delay = settings.Delay,
            MaxDelay = settings.MaxDelay,
            UseJitter = settings.Jitter,
            Randomizer = random,
            BackoffType = settings.Backoff switch
            {
                Backoff.Linear => DelayBackoffType.Linear,
                Backoff.Constant => DelayBackoffType.Constant,
                _ => DelayBackoffType.Exponential,
            },
            ShouldHandle = args => new(args.Outcome.Exception is { } e && IsTried(settings, e)),
            OnRetry = static args =>
            {
                // The pause begins: whoever else is ready may have the slot.
                if (args.Context.Properties.TryGetValue(Key, out var attempts)) attempts.Pause(args.RetryDelay);
                return default;
            },
        }).Build(), e => IsTried(settings, e));

    /// <summary>Whether a call that failed so may be made again.</summary>
    public bool Tries(Exception e) => tries?.Invoke(e) ?? true;

    /// <summary>
    /// Goes on from a first call that failed. Returns how often the handler was called in all, and the last outcome; one that is
    /// none where <paramref name="stop"/> fired meanwhile.
    /// </summary>
    public async ValueTask<(int Calls, Outcome Last)> RunAsync(
        Outcome first, Func<ValueTask<Outcome>> again, Action<Outcome, int, TimeSpan> pausing, ISlot? slot, CancellationToken stop)
    {
        var attempts = new Attempts(first, again, pausing, slot, stop);
        // Polly's own awaits keep the context when told to: that is what a simulation on one thread lives by.
        var context = ResilienceContextPool.Shared.Get(continueOnCapturedContext: true, stop);
        context.Properties.Set(Key, attempts);
        try
        {
            await pipeline.ExecuteOutcomeAsync(static (_, attempts) => attempts.NextAsync(), context, attempts);
            await attempts.ResumeAsync();
        }
        finally
        {
            ResilienceContextPool.Shared.Return(context);
        }

        // A stop cut the pauses short: this was not the handler's last chance.
        // A pipeline of the application's own may refuse even to look at the first call, which was made all the same.
        return (Math.Max(1, attempts.Calls), attempts.Last.Kind == OutcomeKind.Failed && stop.IsCancellationRequested ? default : attempts.Last);
    }

    private static bool IsTried(RetrySettings settings, Exception e) =>
        (settings.On.Count == 0 || settings.On.Any(t => t.IsInstanceOfType(e))) && !settings.Except.Any(t => t.IsInstanceOfType(e));

    /// <summary>The attempts of one message. Its calls follow each other: no field is shared.</summary>
    private sealed class Attempts(Outcome first, Func<ValueTask<Outcome>> again, Action<Outcome, int, TimeSpan> pausing, ISlot? slot, CancellationToken stop)
    {
        private bool hasLeft;

        public int Calls { get; private set; }

        public Outcome Last { get; private set; } = first;

        public void Pause(TimeSpan pause)
        {
            pausing(Last, Calls, pause);
            if (hasLeft || slot is null) return;
            hasLeft = true;
            slot.Leave();
        }

        public async ValueTask ResumeAsync()
        {
            if (!hasLeft) return;
            hasLeft = false;
            await slot!.EnterAsync(stop);
        }

        public async ValueTask<Polly.Outcome<bool>> NextAsync()
        {
            await ResumeAsync();
            if (Calls > 0 && stop.IsCancellationRequested) return Polly.Outcome.FromResult(true);
            if (Calls > 0) Last = await again();
            Calls++;
            // What is invalid stays so, what was cut short is not tried again, and who asks to stop is not asked once more.
            return Last is { Kind: OutcomeKind.Failed, IsInvalid: false, Exception: { } e } && !FailurePolicy.AsksToEnd(Last) ? Polly.Outcome.FromException<bool>(e) : Polly.Outcome.FromResult(true);
        }
    }
}
