using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>What the Kafka transport logs. Ids are stable; never a body, a key or a setting.</summary>
internal static partial class KafkaLogs
{
    [LoggerMessage(3001, LogLevel.Debug, "Group '{Group}': lane {Lane} is assigned to this process")]
    public static partial void LaneAssigned(ILogger log, string group, LaneId lane);

    [LoggerMessage(3002, LogLevel.Information, "Group '{Group}': lane {Lane} is revoked for another member, until {Deadline:o}")]
    public static partial void LaneRevoked(ILogger log, string group, LaneId lane, DateTimeOffset deadline);

    [LoggerMessage(3003, LogLevel.Warning, "Group '{Group}': lane {Lane} is lost: {Why}")]
    public static partial void LaneLost(ILogger log, string group, LaneId lane, string why);

    [LoggerMessage(3004, LogLevel.Error, "Group '{Group}': the subscription cannot go on")]
    public static partial void SubscriptionFailed(ILogger log, string group, Exception error);

    [LoggerMessage(3005, LogLevel.Warning, "Group '{Group}': the group could not be left; others take the lanes when the session has timed out")]
    public static partial void LeaveFailed(ILogger log, string group, Exception error);

    [LoggerMessage(3006, LogLevel.Warning, "{Client}: no broker can be reached; the client goes on trying. {Reason}{Again}")]
    public static partial void AllBrokersDown(ILogger log, string client, string reason, string again);

    [LoggerMessage(3007, LogLevel.Warning, "{Client}: {Code}: {Reason}{Again}")]
    public static partial void ClientError(ILogger log, string client, ErrorCode code, string reason, string again);

    [LoggerMessage(3008, LogLevel.Information, "Topic '{Topic}' was made with {Partitions} partitions")]
    public static partial void TopicMade(ILogger log, string topic, int partitions);

    [LoggerMessage(3009, LogLevel.Warning, "Group '{Group}': the settings {Settings} are left out, as group.protocol=consumer has the broker decide them")]
    public static partial void SettingsLeftOut(ILogger log, string group, string settings);

    [LoggerMessage(3010, LogLevel.Error, "Group '{Group}': the position of lane {Lane} is not in the log any more, and what was there is gone unhandled; it goes on at {Now}")]
    public static partial void PositionLost(ILogger log, string group, LaneId lane, long now);

    [LoggerMessage(3012, LogLevel.Debug, "Group '{Group}': where new lanes begin cannot be committed yet ({Code}); it is tried again")]
    public static partial void StartNotDurable(ILogger log, string group, ErrorCode code);

    [LoggerMessage(3013, LogLevel.Debug, "Group '{Group}': lane {Lane} is committed at offset {Offset}")]
    public static partial void Committed(ILogger log, string group, LaneId lane, long offset);

    [LoggerMessage(3014, LogLevel.Warning, "Group '{Group}': lane {Lane} was not committed at offset {Offset}: {Code}")]
    public static partial void NotCommitted(ILogger log, string group, LaneId lane, long offset, ErrorCode code);

    [LoggerMessage(3015, LogLevel.Error, "The producer has met an error that ends it ({Code}): {Reason} What it had under way fails; what is published from now on goes through a new one")]
    public static partial void ProducerMadeAnew(ILogger log, ErrorCode code, string reason);

    [LoggerMessage(3020, LogLevel.Warning, "Group '{Group}': no topic of the cluster is matched by '{Pattern}' now; one that comes later is read when the topics are listed again")]
    public static partial void NothingMatched(ILogger log, string group, string pattern);

    [LoggerMessage(3021, LogLevel.Information, "Group '{Group}': topic '{Topic}' is read from now on, matched by '{Pattern}'")]
    public static partial void TopicMatched(ILogger log, string group, string topic, string pattern);

    [LoggerMessage(3022, LogLevel.Warning, "Group '{Group}': topic '{Topic}' is not in the cluster any more, and read no longer")]
    public static partial void TopicGone(ILogger log, string group, string topic);

    [LoggerMessage(3023, LogLevel.Error, "Group '{Group}': topic '{Topic}' is not read, and the next start will fail with it")]
    public static partial void TopicRefused(ILogger log, string group, string topic, Exception error);

    [LoggerMessage(3024, LogLevel.Warning, "Group '{Group}': the topics cannot be listed, so that those which patterns match by now are not known; it is tried again. {Reason}")]
    public static partial void TopicsNotListed(ILogger log, string group, string reason);

    [LoggerMessage(3025, LogLevel.Debug, "A look at topics: the broker does not tell this client of groups, which a look does not need")]
    public static partial void LookOutsideOfGroups(ILogger log);

    [LoggerMessage(3026, LogLevel.Debug, "Group '{Group}': who reads which partition is not known ({Code})")]
    public static partial void OwnersUnknown(ILogger log, string group, ErrorCode code);

    [LoggerMessage(EventId = 3011, Message = "librdkafka {Client} {Facility}: {Text}{Again}")]
    public static partial void Client(ILogger log, LogLevel level, string client, string facility, string text, string again);
}
