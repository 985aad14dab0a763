namespace Handlers;

/// <summary>
/// Which calls of a handler in a lane are timed: each, or where it is called too fast for that (<see cref="CallPace"/>) about every
/// <see cref="Every"/>th, by chance, so that what comes in turns is not always or never met. A call that is timed stands for those since the one
/// before it.
/// </summary>
/// <remarks>
/// The workers of a lane share two plain fields, as a message may not pay for more. Where they race, a call is timed twice or a few stand for
/// nothing; in a lane whose calls follow each other, what calls stand for adds up to how many there were.
/// </remarks>
internal sealed class CallTiming(CallPace pace)
{
    public const int Every = 64;

    private uint chance = 2463534242; // of a fixed seed: a simulation must come out the same
    private bool isOn;
    private int gap = 1; // what the next call that is timed stands for
    private int left;    // how many calls are not timed before it

    /// <summary>A call begins: whether it is timed. Then <see cref="Take"/> follows.</summary>
    public bool IsNext() => --left < 0;

    /// <summary>What <see cref="IsNext"/> said.</summary>
    public bool IsDue => left < 0;

    /// <summary>How many calls the one that is timed now stands for, at least itself. The next is drawn.</summary>
    public int Take()
    {
        var stands = gap;
        Draw();
        pace.Add(stands);
        return stands;
    }

    /// <summary>Once a batch. Returns for how many calls since the last that was timed none stands yet; whoever asks has that one stand for them.</summary>
    /// <param name="on">Whether any call is to be timed.</param>
    public int Look(bool on)
    {
        if (!on)
        {
            isOn = false;
            left = int.MaxValue; // more than a batch has
            return 0;
        }

        pace.Look();
        var drawn = gap; // once: workers may draw the next meanwhile
        var passed = isOn ? Math.Clamp(drawn - 1 - left, 0, drawn - 1) : 0;
        if (isOn && pace.IsFast) gap = drawn - passed;
        else Draw();
        isOn = true;
        pace.Add(passed);
        return passed;
    }

    private void Draw()
    {
        gap = pace.IsFast ? Next() : 1;
        left = gap - 1;
    }

    /// <summary>From half to one and a half times as many.</summary>
    private int Next()
    {
        chance ^= chance << 13;
        chance ^= chance >> 17;
        chance ^= chance << 5;
        return (Every / 2) + 1 + (int)(chance % Every); // 33 to 96: 64.5 on average
    }
}
