using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Crash;

/// <summary>What is in a shard, read by GetRecords. Here a record is a message: nothing publishes aggregates of several.</summary>
internal sealed class ShardLog(AmazonKinesisClient client, string stream, string shard)
{
    private readonly List<Position> records = []; // in their order

    /// <summary>How many messages there are now behind a position that a group has committed.</summary>
    public async Task<long> CountAfterAsync(Position handled)
    {
        await ReadOnAsync();
        if (handled == default) return records.Count;
        var index = records.BinarySearch(new Position(handled.Sequence!, 0));
        if (index < 0) throw new CrashException($"Position {handled} of shard {shard} of stream '{stream}' is committed, and there is no such record.");
        return records.Count - index - 1;
    }

    private async Task ReadOnAsync()
    {
        // Opened anew each time: so no iterator grows old, and none moves while there is nothing to read.
        var from = new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = ShardIteratorType.TRIM_HORIZON };
        if (records.Count > 0) (from.ShardIteratorType, from.StartingSequenceNumber) = (ShardIteratorType.AFTER_SEQUENCE_NUMBER, records[^1].Sequence);
        var iterator = (await client.GetShardIteratorAsync(from)).ShardIterator;
        while (true)
        {
            var answer = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator });
            if (answer.Records is not { Count: > 0 } some) return;
            records.AddRange(some.Select(r => new Position(r.SequenceNumber, 0)));
            iterator = answer.NextShardIterator;
        }
    }
}
