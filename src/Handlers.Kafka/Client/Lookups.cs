using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>How a place in a partition is asked for.</summary>
internal static class Lookups
{
    /// <summary>
    /// For the first message at or after a time. Kafka counts whole milliseconds; what is before 1970 is every message, as the protocol reads -1 and -2
    /// as the end and the beginning.
    /// </summary>
    public static TopicPartitionTimestamp AtOrAfter(TopicPartition partition, DateTimeOffset time)
    {
        var milliseconds = time.ToUnixTimeMilliseconds();
        if (DateTimeOffset.FromUnixTimeMilliseconds(milliseconds) < time) milliseconds++;
        return new(partition, new Timestamp(Math.Max(0, milliseconds), TimestampType.CreateTime));
    }

    /// <summary>The log has no such place.</summary>
    public static TransportException Refused(TopicPartition partition, Position after, WatermarkOffsets bounds) =>
        new($"Partition {partition.Partition.Value} of topic '{partition.Topic}' has no position {after}: it holds {bounds.Low.Value} to {bounds.High.Value - 1}.") { IsRefused = true, Kind = TransportErrorKind.Positions };
}
