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
        Pause = Jittered(PauseAfter(outlastsIt ? Math.Min(Failed, Tries - 1) : Failed)); // the longest that the tries come to
        return IsEndless || outlastsIt || Failed < Tries;
    }

    private int Tries => retry.Tries ?? DefaultTries;

    private bool IsEndless => Tries < 0;

    /// <summary>How long the tries would take in all.</summary>
    private TimeSpan Patience()
    {
        var seconds = 0d;
        for (var i = 1; i < Tries && seconds < LongestSeconds; i++) seconds += PauseAfter(i).TotalSeconds;
        return TimeSpan.FromSeconds(Math.Min(seconds, LongestSeconds));
    }

    private TimeSpan PauseAfter(int failures) => Limited((retry.Delay ?? DefaultDelay).TotalSeconds * Math.Pow(retry.Backoff, failures - 1));

    private TimeSpan Jittered(TimeSpan pause) => Limited(pause.TotalSeconds + retry.JitterLeast.TotalSeconds + (random() * (retry.Jitter - retry.JitterLeast).TotalSeconds));

    // Doubled each time, and between half of it and all, so that those who were refused together do not come back together.
    private TimeSpan ThrottlePause(int before)
    {
        var longest = Math.Min(FirstThrottle.TotalSeconds * Math.Pow(2, Math.Min(before, 16)), LongestThrottle.TotalSeconds);
        return TimeSpan.FromSeconds((longest / 2) + (random() * longest / 2));
    }

    private TimeSpan Limited(double seconds) =>
        TimeSpan.FromSeconds(Math.Max(0, Math.Min(Math.Min(seconds, LongestSeconds), (retry.MaxDelay ?? TimeSpan.MaxValue).TotalSeconds)));
}
