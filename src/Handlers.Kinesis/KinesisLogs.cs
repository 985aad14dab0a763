using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>
/// Every line of the Kinesis transport's log. Ids are stable: 4000 to 4099 groups and lanes, 4100 to 4199 reading and publishing. Never a body, a
/// key or a secret.
/// </summary>
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

    [LoggerMessage(4101, LogLevel.Warning, "Certificates are not verified for {Service} at {Endpoint}: whoever is on the way can read and change everything. Set VerifyTls for anything but an emulator")]
    public static partial void TlsIsNotVerified(ILogger log, string service, string endpoint);

    [LoggerMessage(4102, LogLevel.Debug, "{Action} is throttled ({Code}); it is tried again in {Pause}")]
    public static partial void CallThrottled(ILogger log, string action, string code, TimeSpan pause);

    [LoggerMessage(4112, LogLevel.Warning, "{Action} failed with {Code}, {Failed} times so far; it is tried again in {Pause}. {Error}")]
    public static partial void CallFailed(ILogger log, string action, string code, int failed, TimeSpan pause, string error);

    [LoggerMessage(4103, LogLevel.Information, "Stream '{Stream}' was made with {Shards} shards")]
    public static partial void StreamMade(ILogger log, string stream, int shards);

    [LoggerMessage(4104, LogLevel.Information, "Stream '{Stream}' is {Status}; it is waited for")]
    public static partial void StreamAwaited(ILogger log, string stream, string status);

    [LoggerMessage(4105, LogLevel.Debug, "Shard '{Shard}' of stream '{Stream}': the iterator has expired and is renewed at {Position}")]
    public static partial void IteratorExpired(ILogger log, string stream, string shard, string position);

    [LoggerMessage(4106, LogLevel.Error, "Shard '{Shard}' of stream '{Stream}': the service refuses position {Position}, so it starts over at {Start}: records may come again, or be missed. {Error}")]
    public static partial void StartedOver(ILogger log, string stream, string shard, string position, string start, string error);

    [LoggerMessage(4107, LogLevel.Error, "Shard '{Shard}' of stream '{Stream}': the record at {Position}, the last that was handled, was removed by retention; the oldest that is left is at {Oldest}, and what was between them, if anything, is gone unhandled")]
    public static partial void PositionRemoved(ILogger log, string stream, string shard, string position, string oldest);

    [LoggerMessage(4108, LogLevel.Warning, "Shard '{Shard}' of stream '{Stream}': the record at {Position}, the last that was handled, was removed by retention, and there are none behind it: what came after it, if anything, is gone unhandled")]
    public static partial void PositionRemovedWithAll(ILogger log, string stream, string shard, string position);

    [LoggerMessage(4109, LogLevel.Error, "Shard '{Shard}' of stream '{Stream}' is not there any more: retention has removed it before it was read to its end, after {Position}")]
    public static partial void ShardRemovedUnread(ILogger log, string stream, string shard, string position);

    [LoggerMessage(4110, LogLevel.Warning, "Shard '{Shard}' of stream '{Stream}' is said to have ended without another in its place: the answer counts for nothing and is asked for again")]
    public static partial void EndWithoutChildren(ILogger log, string stream, string shard);

    [LoggerMessage(4111, LogLevel.Debug, "Shard '{Shard}' of stream '{Stream}': {Count} records at or before the last that was read came again and are dropped")]
    public static partial void Replayed(ILogger log, string stream, string shard, long count);

    [LoggerMessage(4113, LogLevel.Warning, "Shard '{Shard}' of stream '{Stream}' is to be read from {Time:o}, which the service says has not come: this machine's clock is ahead. It is read from its end")]
    public static partial void ClockAhead(ILogger log, string stream, string shard, DateTimeOffset time);

    [LoggerMessage(4114, LogLevel.Warning, "Shard '{Shard}' of stream '{Stream}': its consumer is subscribed to it still, for a reader that was here before or by a group that has the same ConsumerName; it is tried again until it is free")]
    public static partial void ConsumerBusy(ILogger log, string stream, string shard);

    [LoggerMessage(4120, LogLevel.Debug, "Stream '{Stream}': {Failed} of {Count} records were not taken, the first with {Code}; they are tried again in {Pause}")]
    public static partial void PutAgain(ILogger log, string stream, int failed, int count, string code, TimeSpan pause);
}
