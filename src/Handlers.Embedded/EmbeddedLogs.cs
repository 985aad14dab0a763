using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>What the embedded transport logs. Ids are stable; never a body or a key.</summary>
internal static partial class EmbeddedLogs
{
    [LoggerMessage(2001, LogLevel.Information, "Topic '{Topic}' was made with {Partitions} partitions")]
    public static partial void TopicMade(ILogger log, string topic, int partitions);

    [LoggerMessage(2002, LogLevel.Debug, "Group '{Group}': lane {Lane} is assigned to this process")]
    public static partial void LaneAssigned(ILogger log, string group, LaneId lane);

    [LoggerMessage(2003, LogLevel.Information, "Group '{Group}': lane {Lane} is revoked for another member, until {Deadline:o}")]
    public static partial void LaneRevoked(ILogger log, string group, LaneId lane, DateTimeOffset deadline);

    [LoggerMessage(2004, LogLevel.Warning, "Group '{Group}': lane {Lane} is lost: {Why}")]
    public static partial void LaneLost(ILogger log, string group, LaneId lane, string why);

    [LoggerMessage(2005, LogLevel.Warning, "Group '{Group}': member {Member} was silent for longer than its lease of {Lease}; its lanes are free")]
    public static partial void MemberSilent(ILogger log, string group, string member, TimeSpan lease);

    [LoggerMessage(2006, LogLevel.Warning, "Group '{Group}': lane {Lane} was taken over from {Member}")]
    public static partial void LaneTakenOver(ILogger log, string group, LaneId lane, string member);

    [LoggerMessage(2007, LogLevel.Warning, "Group '{Group}': the lease could not be renewed; it is tried again for three leases. {Error}")]
    public static partial void RenewalFailed(ILogger log, string group, string error);

    [LoggerMessage(2019, LogLevel.Warning, "Group '{Group}' could not be joined, so nothing is handled yet; it is tried again for three leases. {Error}")]
    public static partial void JoinFailed(ILogger log, string group, string error);

    [LoggerMessage(2008, LogLevel.Error, "Group '{Group}': the subscription cannot go on")]
    public static partial void SubscriptionFailed(ILogger log, string group, Exception error);

    [LoggerMessage(2009, LogLevel.Warning, "Group '{Group}': the group could not be left; others take the lanes when the lease has run out")]
    public static partial void LeaveFailed(ILogger log, string group, Exception error);

    [LoggerMessage(2010, LogLevel.Error, "Group '{Group}': lane {Lane} has not handled position {Position}, which retention deleted; it goes on at {First}")]
    public static partial void PositionLost(ILogger log, string group, LaneId lane, long position, long first);

    [LoggerMessage(2011, LogLevel.Information, "Retention deleted {Count} messages of {Topic}/{Partition}")]
    public static partial void RetentionDeleted(ILogger log, long count, string topic, int partition);

    [LoggerMessage(2012, LogLevel.Warning, "Retention failed in '{Path}'; it is tried again")]
    public static partial void RetentionFailed(ILogger log, string path, Exception error);

    [LoggerMessage(2013, LogLevel.Warning, "The log '{Path}' could not be looked at; it is tried again")]
    public static partial void LookFailed(ILogger log, string path, Exception error);

    [LoggerMessage(2014, LogLevel.Warning, "The write-ahead log of '{Path}' has {Bytes} bytes and could not be moved over whole: a reader still needs an old state of the file")]
    public static partial void WriteAheadLogKept(ILogger log, string path, long bytes);

    [LoggerMessage(2015, LogLevel.Warning, "The write-ahead log of '{Path}' could not be moved over")]
    public static partial void WriteAheadLogFailed(ILogger log, string path, Exception error);

    [LoggerMessage(2017, LogLevel.Critical, "The log '{Path}' cannot be written any more by this process")]
    public static partial void WriterFailed(ILogger log, string path, Exception error);

    [LoggerMessage(2018, LogLevel.Warning, "Group '{Group}': the process of member {Member} is gone; its lanes are free")]
    public static partial void MemberGone(ILogger log, string group, string member);

    [LoggerMessage(2020, LogLevel.Warning, "The file '{Path}' is there and empty (0 bytes): a new log is begun in it. If there was a log, it was cut off; restore it from a backup")]
    public static partial void EmptyFile(ILogger log, string path);

    [LoggerMessage(2016, LogLevel.Warning, "Topic '{Topic}' has {Partitions} partitions; the {Configured} that are configured apply to new topics only")]
    public static partial void PartitionsDiffer(ILogger log, string topic, int partitions, int configured);
}
