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

    public static KeyValuePair<string, object?> Of(string name, object? value) => new(name, value);

    /// <summary>The error as conventions want it: its type, which is of few values.</summary>
    public static KeyValuePair<string, object?> Error(Exception exception) => new(ErrorType, exception.GetType().FullName);
}
