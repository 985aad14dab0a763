namespace Handlers;

/// <summary>
/// The names of attributes: OpenTelemetry's conventions for messaging, and ours under <c>handlers.</c>. What is one message's own (position,
/// timestamp, its key where that is asked for) is on spans alone.
/// </summary>
internal static class TelemetryTags
{
    public const string MessagingSystem = "messaging.system";
    public const string Destination = "messaging.destination.name";
    public const string Partition = "messaging.destination.partition.id";
    public const string Group = "messaging.consumer.group.name";
    public const string OperationName = "messaging.operation.name";
    public const string OperationType = "messaging.operation.type";
    public const string BatchCount = "messaging.batch.message_count";
    public const string ErrorType = "error.type";
    public const string Handler = "handlers.handler";
    public const string Position = "handlers.position";
    public const string Timestamp = "handlers.timestamp";
    public const string Outcome = "handlers.outcome";
    public const string LaneEnded = "handlers.lane.end";

    public static KeyValuePair<string, object?> Of(string name, object? value) => new(name, value);

    /// <summary>The labels of what a topic of a group has, and more.</summary>
    public static MetricLabels OfTopic(string system, string topic, string group, params ReadOnlySpan<KeyValuePair<string, object?>> more) =>
        new([Of(MessagingSystem, system), Of(Destination, topic), Of(Group, group), .. more]);

    /// <summary>The labels of messages that are sent; without a topic: to several.</summary>
    public static MetricLabels OfSend(string system, string? topic) => topic is null
        ? new(Of(MessagingSystem, system), Of(OperationName, "send"))
        : new(Of(MessagingSystem, system), Of(OperationName, "send"), Of(Destination, topic));

    /// <summary>The error as conventions want it: its type, which is of few values.</summary>
    public static KeyValuePair<string, object?> Error(Exception exception) => new(ErrorType, exception.GetType().FullName);
}
