using System.Diagnostics;

namespace Handlers;

/// <summary>What is told of one lane's reads.</summary>
internal sealed class ReadTelemetry(GroupTelemetry group, LaneId lane)
{
    private const string Operation = "receive";

    private readonly string name = $"{Operation} {lane.Topic}";
    private readonly KeyValuePair<string, object?>[] tags = group.Tags(Operation, lane);
    private readonly KeyValuePair<string, object?>[] typed = [.. group.Tags(Operation, lane), TelemetryTags.Of(TelemetryTags.OperationType, Operation)];

    private bool IsTimed => group.Instruments.OperationDuration.Enabled || group.Instruments.Source.HasListeners();

    /// <summary>A read begins. The time that <see cref="Ended"/> takes; 0 where nobody listens.</summary>
    public long Begin() => IsTimed ? Math.Max(1, group.Time.GetTimestamp()) : 0;

    /// <summary>
    /// It has ended with so many messages. The span is made now, with the time at which it began: a read that a stop cuts short, maybe after hours
    /// without a message, leaves none.
    /// </summary>
    public void Ended(long began, int messages, Exception? failure = null)
    {
        if (messages > 0) group.Instruments.Consumed.Add(messages, tags);
        if (began == 0 || (messages == 0 && failure is null)) return;
        var elapsed = group.Time.GetElapsedTime(began);
        if (failure is null) group.Instruments.OperationDuration.Record(elapsed.TotalSeconds, typed);
        else group.Instruments.OperationDuration.Record(elapsed.TotalSeconds, [.. typed, TelemetryTags.Error(failure)]);
        if (group.Instruments.Source.HasListeners()) Trace(elapsed, messages, failure);
    }

    private void Trace(TimeSpan elapsed, int messages, Exception? failure)
    {
        var (before, now) = (Activity.Current, group.Time.GetUtcNow());
        using (var span = group.Start(name, ActivityKind.Client, default, typed, at: now - elapsed))
        {
            span?.SetTag(TelemetryTags.BatchCount, messages);
            span?.Failed(failure);
            span?.SetEndTime(now.UtcDateTime);
        }

        Activity.Current = before;
    }
}

internal static class FailedSpans
{
    /// <summary>An operation failed: its type, and what may be said of it. Null: it did not.</summary>
    public static void Failed(this Activity span, Exception? failure, string? reason = null)
    {
        if (failure is null) return;
        span.SetTag(TelemetryTags.ErrorType, failure.GetType().FullName);
        span.SetStatus(ActivityStatusCode.Error, reason ?? failure.Message);
    }
}
