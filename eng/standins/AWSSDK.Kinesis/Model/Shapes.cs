namespace Amazon.Kinesis.Model;

public partial class ChildShard
{
    public HashKeyRange HashKeyRange { get; set; }

    public List<string> ParentShards { get; set; } = Unset.List<string>();

    public string ShardId { get; set; }
}

public partial class Consumer
{
    public string ConsumerARN { get; set; }

    public DateTime? ConsumerCreationTimestamp { get; set; }

    public string ConsumerName { get; set; }

    public ConsumerStatus ConsumerStatus { get; set; }
}

public partial class ConsumerDescription
{
    public string ConsumerARN { get; set; }

    public DateTime? ConsumerCreationTimestamp { get; set; }

    public string ConsumerName { get; set; }

    public ConsumerStatus ConsumerStatus { get; set; }

    public string StreamARN { get; set; }
}

public partial class HashKeyRange
{
    public string EndingHashKey { get; set; }

    public string StartingHashKey { get; set; }
}

public partial class PutRecordsRequestEntry
{
    public MemoryStream Data { get; set; }

    public string ExplicitHashKey { get; set; }

    public string PartitionKey { get; set; }
}

public partial class PutRecordsResultEntry
{
    public string ErrorCode { get; set; }

    public string ErrorMessage { get; set; }

    public string SequenceNumber { get; set; }

    public string ShardId { get; set; }
}

public partial class Record
{
    public DateTime? ApproximateArrivalTimestamp { get; set; }

    public MemoryStream Data { get; set; }

    public EncryptionType EncryptionType { get; set; }

    public string PartitionKey { get; set; }

    public string SequenceNumber { get; set; }
}

public partial class SequenceNumberRange
{
    /// <summary>Null: the shard is open.</summary>
    public string EndingSequenceNumber { get; set; }

    public string StartingSequenceNumber { get; set; }
}

public partial class Shard
{
    public string AdjacentParentShardId { get; set; }

    public HashKeyRange HashKeyRange { get; set; }

    public string ParentShardId { get; set; }

    public SequenceNumberRange SequenceNumberRange { get; set; }

    public string ShardId { get; set; }
}

public partial class ShardFilter
{
    public string ShardId { get; set; }

    public DateTime? Timestamp { get; set; }

    public ShardFilterType Type { get; set; }
}

public partial class StartingPosition
{
    public string SequenceNumber { get; set; }

    public DateTime? Timestamp { get; set; }

    public ShardIteratorType Type { get; set; }
}

public partial class StreamDescriptionSummary
{
    public int? ConsumerCount { get; set; }

    public EncryptionType EncryptionType { get; set; }

    public string KeyId { get; set; }

    public int? MaxRecordSizeInKiB { get; set; }

    public int? OpenShardCount { get; set; }

    public int? RetentionPeriodHours { get; set; }

    public string StreamARN { get; set; }

    public DateTime? StreamCreationTimestamp { get; set; }

    public StreamModeDetails StreamModeDetails { get; set; }

    public string StreamName { get; set; }

    public StreamStatus StreamStatus { get; set; }
}

public partial class StreamModeDetails
{
    public StreamMode StreamMode { get; set; }
}

public partial class StreamSummary
{
    public string StreamARN { get; set; }

    public DateTime? StreamCreationTimestamp { get; set; }

    public StreamModeDetails StreamModeDetails { get; set; }

    public string StreamName { get; set; }

    public StreamStatus StreamStatus { get; set; }
}
