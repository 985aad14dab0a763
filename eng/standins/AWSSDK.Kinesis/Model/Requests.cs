namespace Amazon.Kinesis.Model;

public partial class CreateStreamRequest : AmazonKinesisRequest
{
    public int? MaxRecordSizeInKiB { get; set; }

    public int? ShardCount { get; set; }

    public StreamModeDetails StreamModeDetails { get; set; }

    public string StreamName { get; set; }

    public Dictionary<string, string> Tags { get; set; } = Unset.Map<string, string>();

    public int? WarmThroughputMiBps { get; set; }
}

public partial class DeleteStreamRequest : AmazonKinesisRequest
{
    public bool? EnforceConsumerDeletion { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class DeregisterStreamConsumerRequest : AmazonKinesisRequest
{
    public string ConsumerARN { get; set; }

    public string ConsumerName { get; set; }

    public string StreamARN { get; set; }
}

public partial class DescribeStreamConsumerRequest : AmazonKinesisRequest
{
    public string ConsumerARN { get; set; }

    public string ConsumerName { get; set; }

    public string StreamARN { get; set; }
}

public partial class DescribeStreamSummaryRequest : AmazonKinesisRequest
{
    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class GetRecordsRequest : AmazonKinesisRequest
{
    public int? Limit { get; set; }

    public string ShardIterator { get; set; }

    public string StreamARN { get; set; }
}

public partial class GetShardIteratorRequest : AmazonKinesisRequest
{
    public string ShardId { get; set; }

    public ShardIteratorType ShardIteratorType { get; set; }

    public string StartingSequenceNumber { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }

    public DateTime? Timestamp { get; set; }
}

public partial class ListShardsRequest : AmazonKinesisRequest
{
    public string ExclusiveStartShardId { get; set; }

    public int? MaxResults { get; set; }

    public string NextToken { get; set; }

    public ShardFilter ShardFilter { get; set; }

    public string StreamARN { get; set; }

    public DateTime? StreamCreationTimestamp { get; set; }

    public string StreamName { get; set; }
}

public partial class ListStreamsRequest : AmazonKinesisRequest
{
    public string ExclusiveStartStreamName { get; set; }

    public int? Limit { get; set; }

    public string NextToken { get; set; }
}

public partial class MergeShardsRequest : AmazonKinesisRequest
{
    public string AdjacentShardToMerge { get; set; }

    public string ShardToMerge { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class PutRecordRequest : AmazonKinesisRequest
{
    public MemoryStream Data { get; set; }

    public string ExplicitHashKey { get; set; }

    public string PartitionKey { get; set; }

    public string SequenceNumberForOrdering { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class PutRecordsRequest : AmazonKinesisRequest
{
    public List<PutRecordsRequestEntry> Records { get; set; } = Unset.List<PutRecordsRequestEntry>();

    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class RegisterStreamConsumerRequest : AmazonKinesisRequest
{
    public string ConsumerName { get; set; }

    public string StreamARN { get; set; }

    public Dictionary<string, string> Tags { get; set; } = Unset.Map<string, string>();
}

public partial class SplitShardRequest : AmazonKinesisRequest
{
    public string NewStartingHashKey { get; set; }

    public string ShardToSplit { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }
}

public partial class SubscribeToShardRequest : AmazonKinesisRequest
{
    public string ConsumerARN { get; set; }

    public string ShardId { get; set; }

    public StartingPosition StartingPosition { get; set; }
}

public partial class UpdateShardCountRequest : AmazonKinesisRequest
{
    public ScalingType ScalingType { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }

    public int? TargetShardCount { get; set; }
}
