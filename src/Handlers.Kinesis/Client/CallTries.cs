namespace Handlers.Kinesis;

/// <summary>How often one call, or one record, has failed, and whether and when it is tried again. Used by one thread at a time.</summary>
/// <remarks>
/// Being throttled is no failure: it does not use up the tries, and is waited for as long as those would take; for as long as it lasts where
/// <paramref name="isPatient"/>. So is a service that is away, unless the options say how many tries there are.
/// </remarks>
internal sealed class CallTries(KinesisRetry retry, TimeProvider time, Func<double> random, bool isPatient = false)
{
    private const int DefaultTries = 5;
    private const double LongestSeconds = 86_400;
    private static readonly TimeSpan DefaultDelay = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan FirstThrottle = TimeSpan.FromMilliseconds(200);
    private static readonly TimeSpan LongestThrottle = TimeSpan.FromSeconds(5);

    private readonly long began = time.GetTimestamp();
    private double next = (retry.Delay ?? DefaultDelay).TotalSeconds; // the pause after the next failure

    /// <summary>How often it failed otherwise.</summary>
    public int Failed { get; private set; }

    /// <summary>How often it was refused for want of throughput.</summary>
    public int Throttled { get; private set; }

    /// <summary>How often it was made and did not succeed.</summary>
    public int Made => Failed + Throttled;

    /// <summary>How long to wait before the next, where there is one.</summary>
    public TimeSpan Pause { get; private set; }

    /// <summary>It failed so. True: make it again after <see cref="Pause"/>.</summary>
    public bool MayRetry(KinesisErrorKind kind)
    {
        if (kind == KinesisErrorKind.Throttled)
        {
            Pause = ThrottlePause(Throttled++);
            return isPatient || IsEndless || Throttled < Tries || time.GetElapsedTime(began) + Pause <= Patience();
        }

        Failed++;
        if (kind is not (KinesisErrorKind.Unavailable or KinesisErrorKind.Uncertain)) return false;
        var outlastsIt = isPatient && retry.Tries is null && kind == KinesisErrorKind.Unavailable;
        Pause = TimeSpan.FromSeconds(Math.Min(next, LongestSeconds));
        if (!outlastsIt || Failed < Tries - 1) next = After(next, random()); // who outlasts it stays at the longest that the tries come to
        return IsEndless || outlastsIt || Failed < Tries;
    }

    private int Tries => retry.Tries ?? DefaultTries;

    private bool IsEndless => Tries < 0;

    /// <summary>How long the tries would take in all.</summary>
    private TimeSpan Patience()
    {
        var seconds = 0d;
        var pause = (retry.Delay ?? DefaultDelay).TotalSeconds;
        for (var i = 1; i < Tries && seconds < LongestSeconds; i++, pause = After(pause, 0)) seconds += pause;
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds));
    }

    // As Python's package "retry" does, by which arXiv's consumer tries again: the first pause is as it is said, and each jitter stays in those that follow.
    private double After(double pause, double chance) => Math.Min(
        Math.Min((pause * retry.Backoff) + retry.JitterLeast.TotalSeconds + (chance * (retry.Jitter - retry.JitterLeast).TotalSeconds), LongestSeconds),
        (retry.MaxDelay ?? TimeSpan.MaxValue).TotalSeconds);

    // Doubled each time, and between half of it and all, so that those who were refused together do not come back together.
    private TimeSpan ThrottlePause(int before)
    {
        var longest = Math.Min(FirstThrottle.TotalSeconds * Math.Pow(2, Math.Min(before, 16)), LongestThrottle.TotalSeconds);
        return TimeSpan.FromSeconds((longest / 2) + (random() * longest / 2));
    }
}
