using Amazon.Runtime;

namespace Amazon.Kinesis.Model;

public partial class CreateStreamResponse : AmazonWebServiceResponse
{
}

public partial class DeleteStreamResponse : AmazonWebServiceResponse
{
}

public partial class DeregisterStreamConsumerResponse : AmazonWebServiceResponse
{
}

public partial class DescribeStreamConsumerResponse : AmazonWebServiceResponse
{
    public ConsumerDescription ConsumerDescription { get; set; }
}

public partial class DescribeStreamSummaryResponse : AmazonWebServiceResponse
{
    public StreamDescriptionSummary StreamDescriptionSummary { get; set; }
}

public partial class GetRecordsResponse : AmazonWebServiceResponse
{
    /// <summary>Only where the shard ends.</summary>
    public List<ChildShard> ChildShards { get; set; } = Unset.List<ChildShard>();

    public long? MillisBehindLatest { get; set; }

    /// <summary>Null: the shard is closed and read out.</summary>
    public string NextShardIterator { get; set; }

    public List<Record> Records { get; set; } = Unset.List<Record>();
}

public partial class GetShardIteratorResponse : AmazonWebServiceResponse
{
    public string ShardIterator { get; set; }
}

public partial class ListShardsResponse : AmazonWebServiceResponse
{
    public string NextToken { get; set; }

    public List<Shard> Shards { get; set; } = Unset.List<Shard>();
}

public partial class ListStreamsResponse : AmazonWebServiceResponse
{
    public bool? HasMoreStreams { get; set; }

    public string NextToken { get; set; }

    public List<string> StreamNames { get; set; } = Unset.List<string>();

    public List<StreamSummary> StreamSummaries { get; set; } = Unset.List<StreamSummary>();
}

public partial class MergeShardsResponse : AmazonWebServiceResponse
{
}

public partial class PutRecordResponse : AmazonWebServiceResponse
{
    public EncryptionType EncryptionType { get; set; }

    public string SequenceNumber { get; set; }

    public string ShardId { get; set; }
}

public partial class PutRecordsResponse : AmazonWebServiceResponse
{
    public EncryptionType EncryptionType { get; set; }

    public int? FailedRecordCount { get; set; }

    public List<PutRecordsResultEntry> Records { get; set; } = Unset.List<PutRecordsResultEntry>();
}

public partial class RegisterStreamConsumerResponse : AmazonWebServiceResponse
{
    public Consumer Consumer { get; set; }
}

public partial class SplitShardResponse : AmazonWebServiceResponse
{
}

/// <summary>Disposing it ends the subscription.</summary>
public partial class SubscribeToShardResponse : AmazonWebServiceResponse, IDisposable
{
    public SubscribeToShardEventStream EventStream { get; set; }

    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
        if (!disposing) return;
        EventStream?.Dispose();
        EventStream = null;
    }
}

public partial class UpdateShardCountResponse : AmazonWebServiceResponse
{
    public int? CurrentShardCount { get; set; }

    public string StreamARN { get; set; }

    public string StreamName { get; set; }

    public int? TargetShardCount { get; set; }
}
