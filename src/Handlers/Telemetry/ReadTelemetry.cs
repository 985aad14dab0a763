using System.Diagnostics;

namespace Handlers;

/// <summary>What is told of one lane's reads.</summary>
internal sealed class ReadTelemetry(GroupTelemetry group, LaneId lane)
{
    private const string Operation = "receive";

    private readonly string name = $"{Operation} {lane.Topic}";
    private readonly MetricLabels labels = new(group.Tags(Operation, lane));
    private readonly MetricLabels typed = new([.. group.Tags(Operation, lane), TelemetryTags.Of(TelemetryTags.OperationType, Operation)]);

    private bool IsTimed => group.Instruments.OperationDuration.Enabled || group.Instruments.Source.HasListeners();

    /// <summary>A read begins. The time that <see cref="Ended"/> takes; 0 where nobody listens.</summary>
    public long Begin() => IsTimed ? Math.Max(1, group.Time.GetTimestamp()) : 0;

    /// <summary>
    /// It has ended with so many messages. The span is made now, with the time at which it began: a read that a stop cuts short, maybe after hours
    /// without a message, leaves none.
    /// </summary>
    public void Ended(long began, int messages, Exception? failure = null)
    {
        if (messages > 0) group.Instruments.Consumed.Add(messages, labels);
        if (began == 0 || (messages == 0 && failure is null)) return;
        var elapsed = group.Time.GetElapsedTime(began);
        group.Instruments.OperationDuration.Record(elapsed.TotalSeconds, failure is null ? typed : typed.With(TelemetryTags.Error(failure)));
        if (group.Instruments.Source.HasListeners() && (failure is not null || group.ReadSpans is null || group.ReadSpans.Take(1) == 1)) Trace(elapsed, messages, failure);
    }

    /// <summary>The lane has ended, and its series with it.</summary>
    public void Forget()
    {
        group.Instruments.Consumed.Tally.Forget(labels);
        group.Instruments.OperationDuration.Tally.Forget(typed);
    }

    private void Trace(TimeSpan elapsed, int messages, Exception? failure)
    {
        var (before, now) = (Activity.Current, group.Time.GetUtcNow());
        using (var span = group.Start(name, ActivityKind.Client, default, typed.Tags, at: now - elapsed))
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
