using System.Globalization;

/// <summary>How long ago this process was started, by the wall clock of whoever started it.</summary>
internal static class Started
{
    /// <summary>Writes the milliseconds since STARTED, a Unix time in seconds with six decimals.</summary>
    public static void Say()
    {
        var now = (DateTime.UtcNow - DateTime.UnixEpoch).TotalMilliseconds;
        var started = 1000 * double.Parse(Environment.GetEnvironmentVariable("STARTED")!, CultureInfo.InvariantCulture);
        Console.WriteLine((now - started).ToString("0.000", CultureInfo.InvariantCulture));
    }
}
