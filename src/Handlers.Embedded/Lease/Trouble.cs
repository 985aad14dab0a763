namespace Handlers.Embedded;

/// <summary>
/// What fails for now and is tried again: not at every beat, not for ever, and without a flood in the log.
/// </summary>
/// <remarks>Rounds do not overlap, and beats ask between them.</remarks>
internal sealed class Trouble(TimeProvider time, TimeSpan lease)
{
    private const int MostLeases = 3;

    private long? began; // when it first failed since it was well
    private long last;
    private long? told;

    /// <summary>Whether the next attempt is still to wait: a quarter of a lease.</summary>
    public bool Rests => began is not null && time.GetElapsedTime(last) < lease / 4;

    /// <summary>For how long it has failed.</summary>
    public TimeSpan Length => began is { } first ? time.GetElapsedTime(first, last) : TimeSpan.Zero;

    /// <summary>Whether it is no use to try again.</summary>
    public bool IsTooLong => Length >= lease * MostLeases;

    /// <summary>It failed again. True: that is to be said, the first time and once in a lease.</summary>
    public bool Failed()
    {
        last = time.GetTimestamp();
        began ??= last;
        if (told is { } before && time.GetElapsedTime(before, last) < lease) return false;
        told = last;
        return true;
    }

    /// <summary>It went well.</summary>
    public void Over() => began = told = null;
}
