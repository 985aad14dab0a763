using System.Diagnostics;

namespace Handlers;

/// <summary>
/// What is told of one handler's calls in one lane: a span each, how long it took, how many are under way. Whether anybody listens is looked at
/// once a batch, so that a message pays for it with a look at one field.
/// </summary>
internal sealed class CallTelemetry(GroupTelemetry group, string handler, LaneId lane)
{
    private const string Operation = "process";

    private readonly string name = $"{Operation} {lane.Topic}";

    // Without the partition: a histogram for each of a thousand lanes is more than anybody reads, and every label is paid for by every message.
    private readonly KeyValuePair<string, object?>[] tags =
    [
        .. group.Tags(Operation, lane: null), TelemetryTags.Of(TelemetryTags.Destination, lane.Topic), TelemetryTags.Of(TelemetryTags.Handler, handler),
    ];

    private readonly KeyValuePair<string, object?>[] spanTags =
        [.. group.Tags(Operation, lane), TelemetryTags.Of(TelemetryTags.OperationType, Operation), TelemetryTags.Of(TelemetryTags.Handler, handler)];
    private readonly (KeyValuePair<string, object?>[] Succeeded, KeyValuePair<string, object?>[] Failed)? compatible = group.Instruments.Compatibility?.TagsOf(lane.Topic);
    private volatile bool isOn = group.Instruments.WantCalls;
    private int inFlight;

    /// <summary>Whether somebody listens, as of the last look.</summary>
    public bool IsOn => isOn;

    /// <summary>Messages whose handler is called now, of calls that began while somebody listened.</summary>
    public int InFlight => Volatile.Read(ref inFlight);

    /// <summary>Looks whether somebody listens.</summary>
    public void Look()
    {
        var want = group.Instruments.WantCalls;
        if (want != isOn) isOn = want; // workers read it: not written without need
    }

    /// <summary>A call begins; the message's bytes are read now.</summary>
    public Call Begin(ref readonly Message message)
    {
        Interlocked.Increment(ref inFlight);
        var age = group.Latency?.Seconds(in message, group.Time.GetUtcNow());
        if (!group.Instruments.Source.HasListeners()) return new(group.Time.GetTimestamp(), 1, age, null, null, false);
        var before = Activity.Current;
        var span = group.Start(name, ActivityKind.Consumer, TraceContext.Of(message.Headers), spanTags);
        if (span is { IsAllDataRequested: true }) group.Describe(span, in message);
        return new(group.Time.GetTimestamp(), 1, age, span, before, true);
    }

    /// <summary>A call for several messages begins: a span of its own, which links to what each came from.</summary>
    public Call Begin(IReadOnlyList<Message> messages)
    {
        Interlocked.Add(ref inFlight, messages.Count);
        if (!group.Instruments.Source.HasListeners()) return new(group.Time.GetTimestamp(), messages.Count, null, null, null, false);
        var before = Activity.Current;
        var links = messages.Select(static m => TraceContext.Of(m.Headers)).Where(static c => c != default).Select(static c => new ActivityLink(c)).ToList();
        var span = group.Start(name, ActivityKind.Consumer, default, spanTags, links);
        span?.SetTag(TelemetryTags.BatchCount, messages.Count);
        return new(group.Time.GetTimestamp(), messages.Count, null, span, before, true);
    }

    /// <summary>The call came to its outcome.</summary>
    /// <param name="call">The call.</param>
    /// <param name="outcome">What became of it; of a list, of its first message that failed.</param>
    /// <param name="failure">Why, where it failed.</param>
    /// <param name="reason">The same for people, without what a body might say.</param>
    /// <param name="succeeded">How many of its messages did not fail.</param>
    public void End(in Call call, string outcome, Exception? failure, string reason, int succeeded)
    {
        Interlocked.Add(ref inFlight, -call.Messages);
        var seconds = group.Time.GetElapsedTime(call.Began).TotalSeconds;
        if (outcome != Call.CutShort)
        {
            if (failure is null) group.Instruments.ProcessDuration.Record(seconds, tags);
            else group.Instruments.ProcessDuration.Record(seconds, [.. tags, TelemetryTags.Error(failure)]);
            if (failure is null && call.Age is { } age) group.Instruments.Latency.Record(age, tags);
            if (compatible is { } labels)
            {
                group.Instruments.Compatibility?.Called(labels.Succeeded, seconds, succeeded);
                group.Instruments.Compatibility?.Called(labels.Failed, seconds, call.Messages - succeeded);
            }
        }

        call.Span?.SetTag(TelemetryTags.Outcome, outcome);
        call.Span?.Failed(failure, reason);
        call.Span?.Dispose();
        call.Leave();
    }

    /// <summary>A message of a list was handled, by a call that began then.</summary>
    public void Handled(Message message, in Call call)
    {
        if (group.Latency is { } latency && latency.Seconds(in message, group.Time.GetUtcNow() - group.Time.GetElapsedTime(call.Began)) is { } age) group.Instruments.Latency.Record(age, tags);
    }
}

/// <summary>A call of a handler under way.</summary>
/// <param name="Began">When, as a timestamp.</param>
/// <param name="Messages">How many messages it is for.</param>
/// <param name="Age">How old its one message is, in seconds; null: not known, or nobody wants to.</param>
/// <param name="Span">Its span; null where there is none, or it is not sampled.</param>
/// <param name="Before">What was current before it.</param>
/// <param name="IsTraced">Whether what is current was touched.</param>
internal readonly record struct Call(long Began, int Messages, double? Age, Activity? Span, Activity? Before, bool IsTraced)
{
    /// <summary>The outcome of a call that a stop cut short: its messages come again, and it counts for nothing.</summary>
    public const string CutShort = "cut short";

    /// <summary>Its span is current no more, for whoever began it: at its end, or where it goes on elsewhere.</summary>
    public void Leave()
    {
        if (IsTraced) Activity.Current = Before;
    }
}
