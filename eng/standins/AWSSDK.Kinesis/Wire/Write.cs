using System.Text.Json;
using Amazon.Kinesis.Model;

namespace Amazon.Kinesis.Wire;

/// <summary>The members of each request.</summary>
internal static class Write
{
    public static void CreateStream(Utf8JsonWriter json, CreateStreamRequest request)
    {
        json.Number("MaxRecordSizeInKiB", request.MaxRecordSizeInKiB);
        json.Number("ShardCount", request.ShardCount);
        if (request.StreamModeDetails is { } mode)
        {
            json.WriteStartObject("StreamModeDetails");
            json.Text("StreamMode", mode.StreamMode);
            json.WriteEndObject();
        }
        json.Text("StreamName", request.StreamName);
        json.Tags("Tags", request.Tags);
        json.Number("WarmThroughputMiBps", request.WarmThroughputMiBps);
    }

    public static void DeleteStream(Utf8JsonWriter json, DeleteStreamRequest request)
    {
        json.Flag("EnforceConsumerDeletion", request.EnforceConsumerDeletion);
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void DeregisterStreamConsumer(Utf8JsonWriter json, DeregisterStreamConsumerRequest request)
    {
        json.Text("ConsumerARN", request.ConsumerARN);
        json.Text("ConsumerName", request.ConsumerName);
        json.Text("StreamARN", request.StreamARN);
    }

    public static void DescribeStreamConsumer(Utf8JsonWriter json, DescribeStreamConsumerRequest request)
    {
        json.Text("ConsumerARN", request.ConsumerARN);
        json.Text("ConsumerName", request.ConsumerName);
        json.Text("StreamARN", request.StreamARN);
    }

    public static void DescribeStreamSummary(Utf8JsonWriter json, DescribeStreamSummaryRequest request) => Stream(json, request.StreamARN, request.StreamName);

    public static void GetRecords(Utf8JsonWriter json, GetRecordsRequest request)
    {
        json.Number("Limit", request.Limit);
        json.Text("ShardIterator", request.ShardIterator);
        json.Text("StreamARN", request.StreamARN);
    }

    public static void GetShardIterator(Utf8JsonWriter json, GetShardIteratorRequest request)
    {
        json.Text("ShardId", request.ShardId);
        json.Text("ShardIteratorType", request.ShardIteratorType);
        json.Text("StartingSequenceNumber", request.StartingSequenceNumber);
        Stream(json, request.StreamARN, request.StreamName);
        json.Time("Timestamp", request.Timestamp);
    }

    public static void ListShards(Utf8JsonWriter json, ListShardsRequest request)
    {
        json.Text("ExclusiveStartShardId", request.ExclusiveStartShardId);
        json.Number("MaxResults", request.MaxResults);
        json.Text("NextToken", request.NextToken);
        if (request.ShardFilter is { } filter)
        {
            json.WriteStartObject("ShardFilter");
            json.Text("ShardId", filter.ShardId);
            json.Time("Timestamp", filter.Timestamp);
            json.Text("Type", filter.Type);
            json.WriteEndObject();
        }
        json.Time("StreamCreationTimestamp", request.StreamCreationTimestamp);
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void ListStreams(Utf8JsonWriter json, ListStreamsRequest request)
    {
        json.Text("ExclusiveStartStreamName", request.ExclusiveStartStreamName);
        json.Number("Limit", request.Limit);
        json.Text("NextToken", request.NextToken);
    }

    public static void MergeShards(Utf8JsonWriter json, MergeShardsRequest request)
    {
        json.Text("AdjacentShardToMerge", request.AdjacentShardToMerge);
        json.Text("ShardToMerge", request.ShardToMerge);
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void PutRecord(Utf8JsonWriter json, PutRecordRequest request)
    {
        json.Bytes("Data", request.Data);
        json.Text("ExplicitHashKey", request.ExplicitHashKey);
        json.Text("PartitionKey", request.PartitionKey);
        json.Text("SequenceNumberForOrdering", request.SequenceNumberForOrdering);
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void PutRecords(Utf8JsonWriter json, PutRecordsRequest request)
    {
        if (JsonOut.IsSet(request.Records))
        {
            json.WriteStartArray("Records");
            foreach (var record in request.Records)
            {
                json.WriteStartObject();
                json.Bytes("Data", record.Data);
                json.Text("ExplicitHashKey", record.ExplicitHashKey);
                json.Text("PartitionKey", record.PartitionKey);
                json.WriteEndObject();
            }
            json.WriteEndArray();
        }
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void RegisterStreamConsumer(Utf8JsonWriter json, RegisterStreamConsumerRequest request)
    {
        json.Text("ConsumerName", request.ConsumerName);
        json.Text("StreamARN", request.StreamARN);
        json.Tags("Tags", request.Tags);
    }

    public static void SplitShard(Utf8JsonWriter json, SplitShardRequest request)
    {
        json.Text("NewStartingHashKey", request.NewStartingHashKey);
        json.Text("ShardToSplit", request.ShardToSplit);
        Stream(json, request.StreamARN, request.StreamName);
    }

    public static void UpdateShardCount(Utf8JsonWriter json, UpdateShardCountRequest request)
    {
        json.Text("ScalingType", request.ScalingType);
        Stream(json, request.StreamARN, request.StreamName);
        json.Number("TargetShardCount", request.TargetShardCount);
    }

    private static void Stream(Utf8JsonWriter json, string arn, string name)
    {
        json.Text("StreamARN", arn);
        json.Text("StreamName", name);
    }
}
