using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Every line of the Kinesis transport's log. Ids are stable: 4000 to 4099 groups and lanes, 4100 reading and publishing, 4200 leases.</summary>
internal static partial class KinesisLogs
{
    [LoggerMessage(4000, LogLevel.Information, "Group '{Group}': shard {Lane} is this process's")]
    public static partial void LaneAssigned(ILogger log, string group, LaneId lane);

    [LoggerMessage(4001, LogLevel.Information, "Group '{Group}': shard {Lane} is wanted by another worker; it is handed over by {Deadline:O}")]
    public static partial void LaneRevoked(ILogger log, string group, LaneId lane, DateTimeOffset deadline);

    [LoggerMessage(4002, LogLevel.Warning, "Group '{Group}': shard {Lane} is lost: {Why}")]
    public static partial void LaneLost(ILogger log, string group, LaneId lane, string why);

    [LoggerMessage(4003, LogLevel.Information, "Group '{Group}': shard {Lane} is handled to its end; its children are {Children}")]
    public static partial void LaneFinished(ILogger log, string group, LaneId lane, string children);

    [LoggerMessage(4004, LogLevel.Error, "Group '{Group}': the subscription cannot go on")]
    public static partial void SubscriptionFailed(ILogger log, string group, Exception error);

    [LoggerMessage(4005, LogLevel.Warning, "Group '{Group}': {What} failed; it is tried again. {Reason}")]
    public static partial void RoundFailed(ILogger log, string group, string what, string reason);

    [LoggerMessage(4006, LogLevel.Information, "Group '{Group}': the checkpoint of arXiv's consumer in {Path} is taken over")]
    public static partial void CheckpointTakenOver(ILogger log, string group, string path);

    [LoggerMessage(4008, LogLevel.Information, "{Setting} is '{Value}', without a zone: it is taken as UTC")]
    public static partial void TimeIsUtc(ILogger log, string setting, string value);

    [LoggerMessage(4009, LogLevel.Information, "{Duration} are over: the host stops")]
    public static partial void DurationOver(ILogger log, TimeSpan duration);

    [LoggerMessage(4010, LogLevel.Warning, "Group '{Group}': shard {Lane}, the only one that is read ({Setting}), is handled to its end; its children {Children} are read by nobody")]
    public static partial void OnlyShardFinished(ILogger log, string group, LaneId lane, string setting, string children);

    [LoggerMessage(4011, LogLevel.Warning, "Group '{Group}': the leases of stream '{Stream}' could not be given back; others take them when their time is over")]
    public static partial void LeaveFailed(ILogger log, string group, string stream, Exception error);

    [LoggerMessage(4012, LogLevel.Error, "Group '{Group}': shard {Shard} of stream '{Stream}' was handled up to {Checkpoint} and then removed by retention: what came behind that is lost")]
    public static partial void ShardRemoved(ILogger log, string group, string stream, string shard, string checkpoint);

    [LoggerMessage(4013, LogLevel.Warning, "Group '{Group}': the lease table of stream '{Stream}' is that of the Kinesis Client Library's version 3, whose leader assigns leases ({Sign}): its workers must be stopped while these run")]
    public static partial void LeaderFound(ILogger log, string group, string stream, string sign);
}
