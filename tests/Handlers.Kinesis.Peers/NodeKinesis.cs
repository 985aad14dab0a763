using System.Text.Json;
using System.Text.Json.Nodes;
using Handlers.Peers;

namespace Handlers.Kinesis.Peers;

/// <summary>AWS's client for Node.js and npm's aws-kinesis-agg, which share no line with ours. The script is node/peer.mjs; a run takes about 0.5 s.</summary>
/// <remarks>
/// aws-kinesis-agg 4.2.8: keys that look like integers get mixed up when it aggregates, so use a letter. An aggregate goes to the shard of its first record, by
/// that one's explicit hash key if it has one: put what belongs to one shard. Where one record has a hash key and another has none, reading gives the latter the former's.
/// </remarks>
public static class NodeKinesis
{
    /// <summary>Why it cannot run here, or null. For a test's skip.</summary>
    public static string? Missing { get; } = NodeProgram.Missing(Emulator.Folder, "AWS's client for Node.js and aws-kinesis-agg", "@aws-sdk/client-kinesis", "@smithy/node-http-handler", "aws-kinesis-agg");

    /// <summary>Puts each record by itself, up to 500 in one request.</summary>
    /// <returns>Where each of them lies.</returns>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static Task<IReadOnlyList<PeerPosition>> PutAsync(string endpoint, string stream, IEnumerable<PeerRecord> records, CancellationToken stop = default) =>
        WriteAsync("put", endpoint, stream, records, stop);

    /// <summary>Puts the records in as few aggregates as they fit in, of 1 MiB at most.</summary>
    /// <returns>Where each aggregate lies.</returns>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static Task<IReadOnlyList<PeerPosition>> AggregateAsync(string endpoint, string stream, IEnumerable<PeerRecord> records, CancellationToken stop = default) =>
        WriteAsync("aggregate", endpoint, stream, records, stop);

    /// <summary>All that is in the stream now, shard by shard in the order of their ids, each from its oldest record.</summary>
    /// <param name="deaggregate">Whether an aggregate is read as the records in it; a wrong checksum is an error then.</param>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static async Task<IReadOnlyList<PeerRecord>> ReadAsync(string endpoint, string stream, bool deaggregate = false, CancellationToken stop = default)
    {
        string[] mode = deaggregate ? ["deaggregate"] : [];
        return [.. (await RunAsync(["read", endpoint, stream, .. mode], "", stop)).Select(Record)];
    }

    private static async Task<IReadOnlyList<PeerPosition>> WriteAsync(string operation, string endpoint, string stream, IEnumerable<PeerRecord> records, CancellationToken stop) =>
        [.. (await RunAsync([operation, endpoint, stream], string.Concat(records.Select(r => Line(r) + "\n")), stop)).Select(Position)];

    private static async Task<IEnumerable<JsonElement>> RunAsync(string[] arguments, string input, CancellationToken stop)
    {
        var output = await PeerProcess.RunAsync(NodeProgram.Name, [Path.Combine(Emulator.Folder, "peer.mjs"), .. arguments], input, stop);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => JsonElement.Parse(line));
    }

    private static string Line(PeerRecord record) => new JsonObject { ["key"] = record.Key, ["hashKey"] = record.HashKey, ["data"] = Convert.ToBase64String(record.Data) }.ToJsonString();

    private static PeerPosition Position(JsonElement json) => new(json.GetProperty("shard").GetString()!, json.GetProperty("sequence").GetString()!);

    private static PeerRecord Record(JsonElement json) => new(json.GetProperty("key").GetString()!, json.GetProperty("data").GetBytesFromBase64())
    {
        HashKey = json.TryGetProperty("hashKey", out var hashKey) ? hashKey.GetString() : null,
        Position = Position(json),
        SubSequence = json.TryGetProperty("subSequence", out var sub) ? sub.GetInt64() : null,
        Arrived = json.GetProperty("arrived").GetInt64(),
    };
}
