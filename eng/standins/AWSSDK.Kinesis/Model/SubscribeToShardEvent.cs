using Amazon.Runtime.EventStreams;

namespace Amazon.Kinesis.Model;

public partial class SubscribeToShardEvent : IEventStreamEvent
{
    /// <summary>Only where the shard ends.</summary>
    public List<ChildShard> ChildShards { get; set; } = Unset.List<ChildShard>();

    public string ContinuationSequenceNumber { get; set; }

    public long? MillisBehindLatest { get; set; }

    public List<Record> Records { get; set; } = Unset.List<Record>();
}
