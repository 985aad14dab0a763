using System.Diagnostics;

namespace Handlers;

/// <summary>What is told of a group's commits. Positions of several topics become durable at once, so no topic is named.</summary>
internal sealed class CommitTelemetry(GroupTelemetry group)
{
    private const string Operation = "commit";

    private readonly MetricLabels typed = new([.. group.Tags(Operation, lane: null), TelemetryTags.Of(TelemetryTags.OperationType, "settle")]);
    private readonly MetricLabels own = new(TelemetryTags.Of(TelemetryTags.MessagingSystem, group.System), TelemetryTags.Of(TelemetryTags.Group, group.Group));

    private bool IsOn => group.Instruments.OperationDuration.Enabled || group.Instruments.CommitFailures.Enabled || group.Instruments.Source.HasListeners();

    /// <summary>Messages that go out with the next commit, in its transaction.</summary>
    public void Sent(IReadOnlyList<OutgoingMessage> outputs)
    {
        if (!group.Instruments.Sent.Enabled) return;
        foreach (var topic in outputs.GroupBy(static o => o.Topic, StringComparer.Ordinal))
            group.Instruments.Sent.Add(topic.Count(), TelemetryTags.OfSend(group.System, topic.Key));
    }

    /// <summary>One attempt.</summary>
    public ValueTask AttemptAsync(ISubscription subscription, CancellationToken stop) => IsOn ? ObserveAsync(subscription, stop) : subscription.FlushAsync(stop);

    /// <summary>Positions are durable.</summary>
    /// <param name="began">When the first attempt began.</param>
    public void Committed(long began)
    {
        group.Instruments.Commits.Add(1, own);
        if (group.Instruments.CommitDuration.Enabled) group.Instruments.CommitDuration.Record(group.Time.GetElapsedTime(began).TotalSeconds, own);
    }

    private async ValueTask ObserveAsync(ISubscription subscription, CancellationToken stop)
    {
        var began = group.Time.GetTimestamp();
        using var span = group.Instruments.Source.HasListeners() ? group.Start(Operation, ActivityKind.Client, default, typed.Tags) : null;
        try
        {
            await subscription.FlushAsync(stop);
        }
        catch (Exception e)
        {
            group.Instruments.OperationDuration.Record(group.Time.GetElapsedTime(began).TotalSeconds, typed.With(TelemetryTags.Error(e)));
            group.Instruments.CommitFailures.Add(1, own.With(TelemetryTags.Error(e)));
            span?.Failed(e);
            throw;
        }

        group.Instruments.OperationDuration.Record(group.Time.GetElapsedTime(began).TotalSeconds, typed);
    }
}
