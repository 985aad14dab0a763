using System.Diagnostics;

namespace Handlers;

/// <summary>
/// Publishes, and tells of it: a span a call, how long it took, how many messages. A message carries the context of the span, or of what is
/// current where nobody listens to ours, unless it has one already.
/// </summary>
internal sealed class ObservedPublisher(ITransport transport, Instruments instruments, TimeProvider time) : IPublisher
{
    private const string Operation = "send";

    private bool IsOn => instruments.Sent.Enabled || instruments.OperationDuration.Enabled || instruments.Source.HasListeners() || Activity.Current is not null;

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) =>
        IsOn ? ObserveAsync([message], isBatch: false, stop) : transport.Publisher.PublishAsync(message, stop);

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) =>
        IsOn && messages is { Count: > 0 } ? ObserveAsync(messages, isBatch: true, stop) : transport.Publisher.PublishAsync(messages, stop);

    private async ValueTask ObserveAsync(IReadOnlyList<OutgoingMessage> messages, bool isBatch, CancellationToken stop)
    {
        var began = time.GetTimestamp();
        var topics = messages.Select(static m => m.Topic).Distinct().ToList();
        var tags = Tags(topics is [var one] ? one : null);
        KeyValuePair<string, object?>[] typed = [.. tags, TelemetryTags.Of(TelemetryTags.OperationType, Operation)];
        using var span = instruments.Source.StartActivity(ActivityKind.Producer, parentContext: default, typed, links: null, startTime: default, topics is [var topic] ? $"{Operation} {topic}" : Operation);
        if (isBatch) span?.SetTag(TelemetryTags.BatchCount, messages.Count);
        var current = Activity.Current;
        try
        {
            if (isBatch) await transport.Publisher.PublishAsync([.. messages.Select(m => TraceContext.With(m, current))], stop);
            else await transport.Publisher.PublishAsync(TraceContext.With(messages[0], current), stop);
        }
        catch (Exception e)
        {
            Count(messages, topics, e);
            instruments.OperationDuration.Record(time.GetElapsedTime(began).TotalSeconds, [.. typed, TelemetryTags.Error(e)]);
            span?.Failed(e);
            throw;
        }

        Count(messages, topics, failure: null);
        instruments.OperationDuration.Record(time.GetElapsedTime(began).TotalSeconds, typed);
    }

    private void Count(IReadOnlyList<OutgoingMessage> messages, List<string> topics, Exception? failure)
    {
        if (!instruments.Sent.Enabled) return;
        foreach (var topic in topics)
        {
            var count = topics.Count == 1 ? messages.Count : messages.Count(m => m.Topic == topic);
            instruments.Sent.Add(count, failure is null ? Tags(topic) : [.. Tags(topic), TelemetryTags.Error(failure)]);
        }
    }

    private KeyValuePair<string, object?>[] Tags(string? topic) =>
    [
        TelemetryTags.Of(TelemetryTags.MessagingSystem, transport.System), TelemetryTags.Of(TelemetryTags.OperationName, Operation),
        .. topic is null ? (ReadOnlySpan<KeyValuePair<string, object?>>)[] : [TelemetryTags.Of(TelemetryTags.Destination, topic)],
    ];
}
