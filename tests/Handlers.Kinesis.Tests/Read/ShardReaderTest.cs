using System.Text;

namespace Handlers.Kinesis.Tests;

/// <summary>A stream "s" of one shard, and readers of it.</summary>
public abstract class ShardReaderTest : KinesisUnitTest
{
    private protected const string ShardId = "shardId-000000000000";

    private protected FakeShard Shard { get; }

    protected ShardReaderTest() => Shard = Service.Add("s").Shards[0];

    private protected ShardReader Reader(LeaseCheckpoint from, bool isNew = false, MessageParts parts = MessageParts.All, LeaseCheckpoint? start = null) =>
        new(Calls, Streams, new ShardToRead("s", ShardId, from, parts) { IsNew = isNew, Start = start ?? LeaseCheckpoint.Horizon }, Options);

    private protected static LeaseCheckpoint After(string sequence, long number = 0) => LeaseCheckpoint.After(new Position(sequence, number));

    /// <summary>What comes until nothing more does, as "sequence:number text".</summary>
    private protected static async Task<List<string>> ReadAsync(IShardReader reader, int limit = 10_000, int batch = 100, long bytes = 1_000_000)
    {
        List<string> read = [];
        var into = new MessageBatch(batch, bytes);
        for (var nothing = 0; nothing < 3;)
        {
            while (reader.TryTake(into))
            {
                foreach (ref readonly var message in into.Messages) read.Add($"{message.Position} {Text(message.Body)}");
                into.Clear();
            }

            switch (await reader.FetchAsync(limit, default))
            {
                case ShardRead.End: return [.. read, "end"];
                case ShardRead.Nothing: nothing++; break;
                case ShardRead.StartedOver: read.Add("started over"); break;
            }
        }

        return read;
    }

    /// <summary>An aggregate of these texts, of key "k".</summary>
    private protected static byte[] Aggregated(params string[] texts)
    {
        var writer = new AggregateWriter();
        foreach (var text in texts) writer.Add("k", null, Encoding.UTF8.GetBytes(text), Headers.Empty);
        return writer.ToArray();
    }
}
