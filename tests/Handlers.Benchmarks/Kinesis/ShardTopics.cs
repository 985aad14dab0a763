using System.Globalization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Benchmarks;

/// <summary>Fills streams.</summary>
internal static class ShardTopics
{
    private const int Batch = 500; // the most that a PutRecords takes

    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(20);

    /// <summary>Makes it and fills it, the shards evenly.</summary>
    /// <exception cref="InvalidOperationException">The emulator does not take it all.</exception>
    public static async Task FillAsync(this BenchTopic topic, AmazonKinesisClient client)
    {
        await client.CreateStreamAsync(new CreateStreamRequest { StreamName = topic.Name, ShardCount = topic.Partitions });
        while ((await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = topic.Name })).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE) await Task.Delay(Look);
        var shards = (await client.ListShardsAsync(new ListShardsRequest { StreamName = topic.Name })).Shards;
        for (var from = 0; from < topic.Messages; from += Batch)
        {
            var records = Enumerable.Range(from, Math.Min(Batch, topic.Messages - from)).Select(n => new PutRecordsRequestEntry
            {
                PartitionKey = n.ToString(CultureInfo.InvariantCulture),
                ExplicitHashKey = shards[n % shards.Count].HashKeyRange.StartingHashKey,
                Data = new MemoryStream(BenchTopic.Body(n)),
            }).ToList();
            var answer = await client.PutRecordsAsync(new PutRecordsRequest { StreamName = topic.Name, Records = records });
            if (answer.FailedRecordCount > 0) throw new InvalidOperationException($"Stream {topic.Name}: {answer.FailedRecordCount} of {records.Count} records are refused.");
        }
    }
}
