namespace Handlers.Embedded.Tests;

/// <summary>The system's clocks with a hand on them: the wall clock may jump, the monotonic clock may jump ahead or stand still.</summary>
internal sealed class TestTime : TimeProvider
{
    private readonly Lock gate = new();
    private long? stood;
    private TimeSpan monotonic;

    /// <summary>Added to the wall clock.</summary>
    public TimeSpan Wall { get; set; }

    /// <summary>As after a suspension of the process.</summary>
    public void Suspend(TimeSpan span)
    {
        lock (gate) monotonic += span;
    }

    /// <summary>As if this process did not notice that time goes by.</summary>
    public void Stand()
    {
        lock (gate) stood = System.GetTimestamp();
    }

    public override DateTimeOffset GetUtcNow() => System.GetUtcNow() + Wall;

    public override long GetTimestamp()
    {
        lock (gate) return (stood ?? System.GetTimestamp()) + (long)(monotonic.TotalSeconds * TimestampFrequency);
    }
}
