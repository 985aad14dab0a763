using System.Diagnostics;

namespace Handlers;

/// <summary>
/// What is told of one handler's calls in one lane: a span, and how long it took. Whether anybody listens is looked at once a batch, so that a
/// message pays for it with a look at one field.
/// </summary>
internal sealed class CallTelemetry
{
    private const string Operation = "process";

    /// <summary>Spans without a parent that a lane of small batches has in hand beyond its messages, for those that are called again.</summary>
    private const int Spare = 8;

    private readonly GroupTelemetry group;
    private readonly Instruments instruments;
    private readonly string name;
    private readonly CallTiming timing;

    // Without the partition: a histogram for each of a thousand lanes is more than anybody reads, and every label is paid for by every message.
    private readonly MetricLabels labels;
    private readonly KeyValuePair<string, object?>[] spanTags;
    private readonly (MetricLabels Succeeded, MetricLabels Failed)? compatible;
    private volatile bool isOn;
    private volatile bool isTraced;
    private int roots;   // spans without a parent that are left of the lane's share
    private volatile bool isScarce; // the budget had less than was asked of it, as of the last look or since
    private readonly Lock gate = new();
    private (double Seconds, MetricLabels Labels) last; // the last call that was timed, by any worker; guarded by gate

    public CallTelemetry(GroupTelemetry group, string handler, LaneId lane)
    {
        this.group = group;
        instruments = group.Instruments;
        name = $"{Operation} {lane.Topic}";
        timing = new(group.PaceOf(handler));
        labels = new([.. group.Tags(Operation, lane: null), TelemetryTags.Of(TelemetryTags.Destination, lane.Topic), TelemetryTags.Of(TelemetryTags.Handler, handler)]);
        spanTags = [.. group.Tags(Operation, lane), TelemetryTags.Of(TelemetryTags.OperationType, Operation), TelemetryTags.Of(TelemetryTags.Handler, handler)];
        compatible = instruments.Compatibility?.LabelsOf(lane.Topic);
        Look(0);
    }

    /// <summary>A batch of so many messages begins: looks whether somebody listens, and how fast calls are.</summary>
    public void Look(int messages)
    {
        var (times, traced) = (instruments.WantTimes, instruments.Source.HasListeners());
        if (!times && !traced && !isOn) return;
        if (timing.Look(times) is > 0 and var untold && Last() is { Labels: { } like, Seconds: var seconds })
        {
            instruments.ProcessDuration.StandFor(seconds, like, untold);
            if (compatible is { } both) instruments.Compatibility?.StandFor(seconds, ReferenceEquals(like, labels) ? both.Succeeded : both.Failed, untold);
        }

        if (traced && messages > 0) Activity.Current = null; // of where the host was started: nothing that a call without a span sends comes of it
        if (traced && group.Spans is null) Volatile.Write(ref roots, int.MaxValue);
        else if (traced && group.Spans is { } budget)
        {
            var wanted = messages + (messages <= Spare ? Spare : 0) - Volatile.Read(ref roots);
            var share = wanted > 0 ? budget.Take(wanted) : 0;
            if (share > 0) Interlocked.Add(ref roots, share);
            isScarce = share < wanted;
        }

        if (traced != isTraced) isTraced = traced; // workers read them: not written without need
        if ((times || traced) != isOn) isOn = times || traced;
    }

    /// <summary>A call is to begin. True: somebody may want to know of it, so <see cref="TryBegin(ref readonly Message, out Call)"/> follows.</summary>
    public bool Begins(ref readonly Message message) => isOn && (timing.IsNext() || (isTraced && (message.Headers is { Count: > 0 } || Volatile.Read(ref roots) > 0 || !isScarce)));

    /// <summary>The same for several messages.</summary>
    public bool Begins() => isOn && (timing.IsNext() || isTraced);

    /// <summary>The call begins; the message's bytes are read now. False: nobody wants to know of this one.</summary>
    public bool TryBegin(ref readonly Message message, out Call call)
    {
        call = default;
        var parent = isTraced ? TraceContext.Of(message.Headers) : default;
        var traced = isTraced && (parent != default || TakesRoot());
        var stands = timing.IsDue ? timing.Take() : 0;
        if (stands == 0 && !traced) return false;
        var age = stands > 0 ? group.Latency?.Seconds(in message, group.Time.GetUtcNow()) : null;
        var before = traced ? Activity.Current : null;
        var span = traced ? group.Start(name, ActivityKind.Consumer, parent, spanTags) : null;
        if (span is { IsAllDataRequested: true }) group.Describe(span, in message);
        call = new(stands > 0 ? group.Time.GetTimestamp() : 0, 1, stands, age, span, before, traced);
        return true;
    }

    /// <summary>The same for several messages: a span of its own, which links to what each came from.</summary>
    public bool TryBegin(IReadOnlyList<Message> messages, out Call call)
    {
        call = default;
        List<ActivityLink> links = isTraced ? [.. messages.Select(static m => TraceContext.Of(m.Headers)).Where(static c => c != default).Select(static c => new ActivityLink(c))] : [];
        var traced = isTraced && (links.Count > 0 || TakesRoot());
        var stands = timing.IsDue ? timing.Take() : 0;
        if (stands == 0 && !traced) return false;
        var before = traced ? Activity.Current : null;
        var span = traced ? group.Start(name, ActivityKind.Consumer, default, spanTags, links) : null;
        span?.SetTag(TelemetryTags.BatchCount, messages.Count);
        call = new(stands > 0 ? group.Time.GetTimestamp() : 0, messages.Count, stands, null, span, before, traced);
        return true;
    }

    /// <summary>The call came to its outcome.</summary>
    /// <param name="call">The call.</param>
    /// <param name="outcome">What became of it; of a list, of its first message that failed.</param>
    /// <param name="failure">Why, where it failed.</param>
    /// <param name="reason">The same for people, without what a body might say.</param>
    /// <param name="succeeded">How many of its messages did not fail.</param>
    public void End(in Call call, string outcome, Exception? failure, string reason, int succeeded)
    {
        if (call.StandsFor > 0 && outcome != Call.CutShort) Time(in call, failure, succeeded);
        call.Span?.SetTag(TelemetryTags.Outcome, outcome);
        call.Span?.Failed(failure, reason);
        call.Span?.Dispose();
        call.Leave();
    }

    /// <summary>A message of a list was handled, by a call that began then.</summary>
    public void Handled(Message message, in Call call)
    {
        if (call.StandsFor > 0 && group.Latency is { } latency && latency.Seconds(in message, group.Time.GetUtcNow() - group.Time.GetElapsedTime(call.Began)) is { } age)
            instruments.Latency.Record(age, labels, call.StandsFor);
    }

    private void Time(in Call call, Exception? failure, int succeeded)
    {
        var seconds = group.Time.GetElapsedTime(call.Began).TotalSeconds;
        var labeled = failure is null ? labels : labels.With(TelemetryTags.Error(failure));
        lock (gate) last = (seconds, labeled);
        instruments.ProcessDuration.Record(seconds, labeled, call.StandsFor);
        if (failure is null && call.Age is { } age) instruments.Latency.Record(age, labels, call.StandsFor);
        if (compatible is not { } both || instruments.Compatibility is not { } view) return;
        if (succeeded > 0) view.Called(seconds, both.Succeeded, call.StandsFor);
        if (call.Messages > succeeded) view.Called(seconds, both.Failed, call.StandsFor);
    }

    private (double Seconds, MetricLabels? Labels) Last()
    {
        lock (gate) return last;
    }

    /// <summary>Of the lane's share; or, where messages of batches before wait still, which the share does not know of, of what nobody has taken.</summary>
    private bool TakesRoot()
    {
        if (Volatile.Read(ref roots) > 0 && Interlocked.Decrement(ref roots) >= 0) return true;
        if (isScarce || group.Spans is not { } budget) return false;
        if (budget.Take(1) == 1) return true;
        isScarce = true; // until the next look, so that a message costs no lock where there is nothing
        return false;
    }
}

/// <summary>A call of a handler under way, of which somebody wants to know.</summary>
/// <param name="Began">When, as a timestamp; 0 where it is not timed.</param>
/// <param name="Messages">How many messages it is for.</param>
/// <param name="StandsFor">For how many calls it is timed; 0: it is not.</param>
/// <param name="Age">How old its one message is, in seconds; null: not known, or nobody wants to.</param>
/// <param name="Span">Its span; null where there is none, or it is not sampled.</param>
/// <param name="Before">What was current before it.</param>
/// <param name="IsTraced">Whether what is current was touched.</param>
internal readonly record struct Call(long Began, int Messages, int StandsFor, double? Age, Activity? Span, Activity? Before, bool IsTraced)
{
    /// <summary>The outcome of a call that a stop cut short: its messages come again, and it counts for nothing.</summary>
    public const string CutShort = "cut short";

    /// <summary>Its span is current no more, for whoever began it: at its end, or where it goes on elsewhere.</summary>
    public void Leave()
    {
        if (IsTraced) Activity.Current = Before;
    }
}
