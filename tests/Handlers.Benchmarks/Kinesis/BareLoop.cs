using System.Text.Json;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Benchmarks;

/// <summary>
/// What a person writes with the SDK's client and nothing else: for each shard a loop of GetRecords, of as many records as the service gives, without a pause.
/// It keeps no position, renews no iterator and opens no aggregates.
/// </summary>
internal static class BareLoop
{
    public static Task<Pass> JsonAsync(RowRequest request) => RunAsync(request, static data => KinesisHandlers.OnReading(JsonSerializer.Deserialize(data.ToArray(), BenchJson.Default.Reading)!));

    public static Task<Pass> BytesAsync(RowRequest request) => RunAsync(request, static data => KinesisHandlers.OnBytes(data.ToArray()));

    private static async Task<Pass> RunAsync(RowRequest request, Action<MemoryStream> handle)
    {
        var window = Handled.Begin(request.Messages, new Window(null, request.Messages));
        using var client = new BenchClient(request.Bootstrap, window);
        var shards = (await client.ListShardsAsync(new ListShardsRequest { StreamName = request.Topic })).Shards;
        var each = request.Messages / shards.Count;
        await Task.WhenAll(shards.Select(shard => ReadAsync(client, request.Topic, shard.ShardId, each, handle)));
        return await window.Measured;
    }

    private static async Task ReadAsync(BenchClient client, string stream, string shard, int messages, Action<MemoryStream> handle)
    {
        var begin = new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = ShardIteratorType.TRIM_HORIZON };
        var iterator = (await client.GetShardIteratorAsync(begin)).ShardIterator;
        for (var n = 0; n < messages;)
        {
            var answer = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = iterator, Limit = 10_000 });
            foreach (var record in answer.Records ?? []) handle(record.Data);
            n += answer.Records?.Count ?? 0;
            iterator = answer.NextShardIterator;
        }
    }
}
