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

    [LoggerMessage(EventId = 3011, Message = "librdkafka {Client} {Facility}: {Text}{Again}")]
    public static partial void Client(ILogger log, LogLevel level, string client, string facility, string text, string again);
}
