using System.Globalization;

namespace Handlers;

/// <summary>A length of time as texts say it: <c>200ms</c>, <c>5s</c>, <c>10m</c>, <c>2h</c>, <c>7d</c>; a number of seconds (<c>0.5</c>); a time span (<c>00:00:05</c>).</summary>
public static class Duration
{
    /// <summary>What is allowed, for errors.</summary>
    public const string Allowed = "a length of time (200ms, 5s, 10m, 2h, 7d), a number of seconds (5, 0.25) or a time span (00:00:05, 7.00:00:00)";

    private static readonly (string Suffix, double Seconds)[] Units = [("ms", 0.001), ("s", 1), ("m", 60), ("h", 3600), ("d", 86400)];

    /// <summary>Reads a length of time that is not negative. A bare number is seconds, never days.</summary>
    public static bool TryParse(string? text, out TimeSpan duration)
    {
        duration = TimeSpan.Zero;
        if (text is null) return false;
        if (text.Any(static c => c == ':')) return TimeSpan.TryParse(text, CultureInfo.InvariantCulture, out duration) && duration >= TimeSpan.Zero;
        var scale = 1.0;
        var number = text.Trim();
        foreach (var (suffix, seconds) in Units)
        {
            if (!number.EndsWith(suffix, StringComparison.OrdinalIgnoreCase)) continue;
            number = number.Substring(0, number.Length - suffix.Length);
            scale = seconds;
            break;
        }

        if (!double.TryParse(number, NumberStyles.Float, CultureInfo.InvariantCulture, out var count) || !(count >= 0 && count * scale <= TimeSpan.MaxValue.TotalSeconds / 2)) return false;
        duration = TimeSpan.FromTicks((long)Math.Round(count * scale * TimeSpan.TicksPerSecond));
        return true;
    }

    /// <summary>The shortest text that reads as this length of time: <c>90s</c>, <c>10m</c>, <c>250ms</c>.</summary>
    public static string Text(TimeSpan duration)
    {
        for (var i = Units.Length - 1; i >= 0; i--)
        {
            var ticks = (long)(Units[i].Seconds * TimeSpan.TicksPerSecond);
            if (duration.Ticks > 0 && duration.Ticks % ticks == 0) return (duration.Ticks / ticks).ToString(CultureInfo.InvariantCulture) + Units[i].Suffix;
        }

        return duration.TotalMilliseconds.ToString("0.####", CultureInfo.InvariantCulture) + "ms";
    }
}
