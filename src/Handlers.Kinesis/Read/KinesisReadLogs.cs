using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>What reading, publishing and their client log. Ids are stable; never a body, a key or a secret.</summary>
internal static partial class KinesisReadLogs
{
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
    public static partial void ShardRemoved(ILogger log, string stream, string shard, string position);

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
