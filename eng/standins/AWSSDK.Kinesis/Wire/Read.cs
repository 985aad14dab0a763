using System.Text.Json;
using Amazon.Kinesis.Model;

namespace Amazon.Kinesis.Wire;

/// <summary>The members of each response.</summary>
internal static class Read
{
    public static void DescribeStreamConsumer(JsonElement json, DescribeStreamConsumerResponse response) => response.ConsumerDescription = json.Shape("ConsumerDescription", c => new ConsumerDescription
    {
        ConsumerARN = c.Text("ConsumerARN"),
        ConsumerCreationTimestamp = c.Time("ConsumerCreationTimestamp"),
        ConsumerName = c.Text("ConsumerName"),
        ConsumerStatus = c.Text("ConsumerStatus"),
        StreamARN = c.Text("StreamARN"),
    });

    public static void DescribeStreamSummary(JsonElement json, DescribeStreamSummaryResponse response) => response.StreamDescriptionSummary = json.Shape("StreamDescriptionSummary", s => new StreamDescriptionSummary
    {
        ConsumerCount = s.Number("ConsumerCount"),
        EncryptionType = s.Text("EncryptionType"),
        KeyId = s.Text("KeyId"),
        MaxRecordSizeInKiB = s.Number("MaxRecordSizeInKiB"),
        OpenShardCount = s.Number("OpenShardCount"),
        RetentionPeriodHours = s.Number("RetentionPeriodHours"),
        StreamARN = s.Text("StreamARN"),
        StreamCreationTimestamp = s.Time("StreamCreationTimestamp"),
        StreamModeDetails = s.Shape("StreamModeDetails", Mode),
        StreamName = s.Text("StreamName"),
        StreamStatus = s.Text("StreamStatus"),
    });

    public static void GetRecords(JsonElement json, GetRecordsResponse response)
    {
        response.ChildShards = json.Shapes("ChildShards", ChildShard, response.ChildShards);
        response.MillisBehindLatest = json.Long("MillisBehindLatest");
        response.NextShardIterator = json.Text("NextShardIterator");
        response.Records = json.Shapes("Records", Record, response.Records);
    }

    public static void GetShardIterator(JsonElement json, GetShardIteratorResponse response) => response.ShardIterator = json.Text("ShardIterator");

    public static void ListShards(JsonElement json, ListShardsResponse response)
    {
        response.NextToken = json.Text("NextToken");
        response.Shards = json.Shapes("Shards", Shard, response.Shards);
    }

    public static void ListStreams(JsonElement json, ListStreamsResponse response)
    {
        response.HasMoreStreams = json.Flag("HasMoreStreams");
        response.NextToken = json.Text("NextToken");
        response.StreamNames = json.Shapes("StreamNames", name => name.GetString(), response.StreamNames);
        response.StreamSummaries = json.Shapes("StreamSummaries", s => new StreamSummary
        {
            StreamARN = s.Text("StreamARN"),
            StreamCreationTimestamp = s.Time("StreamCreationTimestamp"),
            StreamModeDetails = s.Shape("StreamModeDetails", Mode),
            StreamName = s.Text("StreamName"),
            StreamStatus = s.Text("StreamStatus"),
        }, response.StreamSummaries);
    }

    public static void PutRecord(JsonElement json, PutRecordResponse response)
    {
        response.EncryptionType = json.Text("EncryptionType");
        response.SequenceNumber = json.Text("SequenceNumber");
        response.ShardId = json.Text("ShardId");
    }

    public static void PutRecords(JsonElement json, PutRecordsResponse response)
    {
        response.EncryptionType = json.Text("EncryptionType");
        response.FailedRecordCount = json.Number("FailedRecordCount");
        response.Records = json.Shapes("Records", r => new PutRecordsResultEntry
        {
            ErrorCode = r.Text("ErrorCode"),
            ErrorMessage = r.Text("ErrorMessage"),
            SequenceNumber = r.Text("SequenceNumber"),
            ShardId = r.Text("ShardId"),
        }, response.Records);
    }

    public static void RegisterStreamConsumer(JsonElement json, RegisterStreamConsumerResponse response) => response.Consumer = json.Shape("Consumer", c => new Consumer
    {
        ConsumerARN = c.Text("ConsumerARN"),
        ConsumerCreationTimestamp = c.Time("ConsumerCreationTimestamp"),
        ConsumerName = c.Text("ConsumerName"),
        ConsumerStatus = c.Text("ConsumerStatus"),
    });

    public static SubscribeToShardEvent SubscribeToShardEvent(byte[] payload)
    {
        using var document = JsonDocument.Parse(payload);
        var json = document.RootElement;
        var received = new SubscribeToShardEvent();
        received.ChildShards = json.Shapes("ChildShards", ChildShard, received.ChildShards);
        received.ContinuationSequenceNumber = json.Text("ContinuationSequenceNumber");
        received.MillisBehindLatest = json.Long("MillisBehindLatest");
        received.Records = json.Shapes("Records", Record, received.Records);
        return received;
    }

    public static void UpdateShardCount(JsonElement json, UpdateShardCountResponse response)
    {
        response.CurrentShardCount = json.Number("CurrentShardCount");
        response.StreamARN = json.Text("StreamARN");
        response.StreamName = json.Text("StreamName");
        response.TargetShardCount = json.Number("TargetShardCount");
    }

    private static ChildShard ChildShard(JsonElement json)
    {
        var child = new ChildShard { HashKeyRange = json.Shape("HashKeyRange", HashKeys), ShardId = json.Text("ShardId") };
        child.ParentShards = json.Shapes("ParentShards", parent => parent.GetString(), child.ParentShards);
        return child;
    }

    private static HashKeyRange HashKeys(JsonElement json) => new() { EndingHashKey = json.Text("EndingHashKey"), StartingHashKey = json.Text("StartingHashKey") };

    private static StreamModeDetails Mode(JsonElement json) => new() { StreamMode = json.Text("StreamMode") };

    private static Record Record(JsonElement json)
    {
        var record = new Record();
        // In one pass: thousands come in one answer.
        foreach (var member in json.EnumerateObject())
        {
            if (member.NameEquals("Data"u8)) record.Data = new MemoryStream(member.Value.GetBytesFromBase64());
            else if (member.NameEquals("PartitionKey"u8)) record.PartitionKey = member.Value.GetString();
            else if (member.NameEquals("SequenceNumber"u8)) record.SequenceNumber = member.Value.GetString();
            else if (member.NameEquals("ApproximateArrivalTimestamp"u8)) record.ApproximateArrivalTimestamp = json.Time("ApproximateArrivalTimestamp");
            else if (member.NameEquals("EncryptionType"u8)) record.EncryptionType = member.Value.GetString();
        }
        return record;
    }

    private static Shard Shard(JsonElement json) => new()
    {
        AdjacentParentShardId = json.Text("AdjacentParentShardId"),
        HashKeyRange = json.Shape("HashKeyRange", HashKeys),
        ParentShardId = json.Text("ParentShardId"),
        SequenceNumberRange = json.Shape("SequenceNumberRange", range => new SequenceNumberRange { EndingSequenceNumber = range.Text("EndingSequenceNumber"), StartingSequenceNumber = range.Text("StartingSequenceNumber") }),
        ShardId = json.Text("ShardId"),
    };
}
