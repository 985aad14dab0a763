using System.Collections.Concurrent;
using System.Diagnostics;

namespace Handlers;

/// <summary>
/// Publishes, and tells of it: a span a call, how long it took, how many messages. A message carries the context of the span, or of what is
/// current where nobody listens to ours, unless it has one already.
/// </summary>
internal sealed class ObservedPublisher(ITransport transport, Instruments instruments, TimeProvider time) : IPublisher
{
    private const string Operation = "send";

    /// <summary>Topics whose labels are kept: a name may be made of anything, and what is kept for ever must end somewhere.</summary>
    private const int MostTopics = 10_000;

    private readonly ConcurrentDictionary<string, Sends> sends = new(StringComparer.Ordinal);
    private readonly MetricLabels severalTopics = TelemetryTags.OfSend(transport.System, topic: null).With(TelemetryTags.Of(TelemetryTags.OperationType, Operation));
    private int topics; // in the dictionary, which locks all of itself to count

    private bool IsOn => instruments.Sent.Enabled || instruments.OperationDuration.Enabled || instruments.Source.HasListeners() || Activity.Current is not null;

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) =>
        IsOn ? ObserveAsync(message, stop) : transport.Publisher.PublishAsync(message, stop);

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) =>
        IsOn && messages is { Count: > 0 } ? ObserveAsync(messages, stop) : transport.Publisher.PublishAsync(messages, stop);

    private async ValueTask ObserveAsync(OutgoingMessage message, CancellationToken stop)
    {
        var to = Of(message.Topic);
        var stands = instruments.OperationDuration.Enabled ? to.Stands() : 0;
        var began = stands > 0 ? time.GetTimestamp() : 0;
        using var span = Start(to.Span, to.Typed);
        try
        {
            await transport.Publisher.PublishAsync(TraceContext.With(message, Activity.Current), stop);
        }
        catch (Exception e)
        {
            Count(1, to, e);
            Time(began, stands, to.Typed, e);
            span?.Failed(e);
            throw;
        }

        Count(1, to, failure: null);
        Time(began, stands, to.Typed, failure: null);
    }

    private async ValueTask ObserveAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop)
    {
        var byTopic = messages.GroupBy(static m => m.Topic, StringComparer.Ordinal).Select(topic => (To: Of(topic.Key), Count: topic.Count())).ToList();
        var typed = byTopic is [var one] ? one.To.Typed : severalTopics;
        var began = time.GetTimestamp();
        using var span = Start(byTopic is [var single] ? single.To.Span : Operation, typed);
        span?.SetTag(TelemetryTags.BatchCount, messages.Count);
        var current = Activity.Current;
        try
        {
            await transport.Publisher.PublishAsync(current is null ? messages : [.. messages.Select(m => TraceContext.With(m, current))], stop);
        }
        catch (Exception e)
        {
            foreach (var (to, count) in byTopic) Count(count, to, e);
            Time(began, 1, typed, e);
            span?.Failed(e);
            throw;
        }

        foreach (var (to, count) in byTopic) Count(count, to, failure: null);
        Time(began, 1, typed, failure: null);
    }

    private Activity? Start(string name, MetricLabels typed) =>
        instruments.Source.StartActivity(ActivityKind.Producer, parentContext: default, typed.Tags, links: null, startTime: default, name);

    private void Time(long began, int standsFor, MetricLabels typed, Exception? failure)
    {
        if (standsFor > 0) instruments.OperationDuration.Record(time.GetElapsedTime(began).TotalSeconds, failure is null ? typed : typed.With(TelemetryTags.Error(failure)), standsFor);
    }

    private void Count(int messages, Sends to, Exception? failure)
    {
        if (instruments.Sent.Enabled) instruments.Sent.Add(messages, failure is null ? to.Labels : to.Labels.With(TelemetryTags.Error(failure)));
    }

    private Sends Of(string topic)
    {
        if (sends.TryGetValue(topic, out var known)) return known;
        var labels = TelemetryTags.OfSend(transport.System, topic);
        var made = new Sends($"{Operation} {topic}", labels, labels.With(TelemetryTags.Of(TelemetryTags.OperationType, Operation)), new CallPace(time));
        if (Volatile.Read(ref topics) < MostTopics && sends.TryAdd(topic, made)) Interlocked.Increment(ref topics);
        return made;
    }

    /// <summary>What is told of what is sent to one topic.</summary>
    /// <param name="Span">The name of its spans.</param>
    /// <param name="Labels">Of what is counted.</param>
    /// <param name="Typed">Of what is timed, and of spans.</param>
    /// <param name="Pace">How many single messages are sent to it.</param>
    private sealed record Sends(string Span, MetricLabels Labels, MetricLabels Typed, CallPace Pace)
    {
        private readonly CallTiming timing = new(Pace);

        /// <summary>How many sends the one that begins now is timed for; 0: it is not.</summary>
        public int Stands()
        {
            if (!timing.IsNext()) return 0;
            Pace.Look(); // there is no batch to do it
            return timing.Take();
        }
    }
}
