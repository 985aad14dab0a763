using System.Globalization;

namespace Handlers;

/// <summary>A length of time as configuration writes it: a number of seconds (<c>0.5</c>) or a time span (<c>00:00:05</c>, <c>7.00:00:00</c>).</summary>
public static class Duration
{
    /// <summary>What is allowed, for errors.</summary>
    public const string Allowed = "a number of seconds (5, 0.25) or a time span (00:00:05, 7.00:00:00)";

    /// <summary>Reads a length of time that is not negative. A bare number is seconds, never days.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text?.Contains(':', StringComparison.Ordinal) == true)
            return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero;
        if (!double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var seconds) || !(seconds >= 0 && seconds <= TimeSpan.MaxValue.TotalSeconds / 2)) return false;
        duration = TimeSpan.FromSeconds(seconds);
        return true;
    }
}
