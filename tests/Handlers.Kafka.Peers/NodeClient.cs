using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;
using Handlers.Peers;

namespace Handlers.Kafka.Peers;

/// <summary>kafkajs: a client that shares no line with librdkafka. The script is node/peer.mjs.</summary>
public static class NodeClient
{
    private static readonly string[] Packages = ["kafkajs", "kafkajs-snappy", "lz4js", "@bokuweb/zstd-wasm"];

    private static readonly string Folder = typeof(NodeClient).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Node").Value!;

    /// <summary>Why it cannot run here, or null. For a test's skip.</summary>
    public static string? Missing { get; } = NodeProgram.Missing(Folder, "kafkajs and its codecs", Packages);

    /// <summary>Writes the records in one request for each partition. kafkajs writes no header whose value is null.</summary>
    /// <param name="codec">none, gzip, snappy, lz4 or zstd. It compresses whatever the length.</param>
    /// <param name="bytes">Text is not UTF-8: each character is one byte, U+0000 to U+00FF.</param>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static Task ProduceAsync(string bootstrap, string topic, IEnumerable<PeerRecord> records, string codec = "none", bool bytes = false, CancellationToken stop = default) =>
        PeerProcess.RunAsync(NodeProgram.Name, [Script, "produce", bootstrap, topic, codec, .. Encoding(bytes)], string.Concat(records.Select(r => Line(r) + "\n")), stop);

    /// <summary>
    /// As a member of a group: what the group has not committed, or everything if it has committed nothing, to the topic's end as it is now. Commits
    /// what it read. In order within a partition only, and headers of a name stand together, where its first one stood.
    /// </summary>
    /// <param name="group">Null: a group of its own, which reads everything. A group that has committed up to the end would wait for ever.</param>
    /// <param name="bytes">Text is not UTF-8: each character is one byte, U+0000 to U+00FF.</param>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static async Task<IReadOnlyList<PeerRecord>> ReadAsync(string bootstrap, string topic, string? group = null, bool bytes = false, CancellationToken stop = default)
    {
        var lines = await PeerProcess.RunAsync(NodeProgram.Name, [Script, "read", bootstrap, topic, group ?? $"node-{Guid.NewGuid():N}", .. Encoding(bytes)], "", stop);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Record)];
    }

    private static string[] Encoding(bool bytes) => bytes ? ["latin1"] : [];

    private static string Script => Path.Combine(Folder, "peer.mjs");

    private static string Line(PeerRecord record) => new JsonObject
    {
        ["partition"] = record.Partition,
        ["key"] = record.Key,
        ["value"] = record.Value,
        ["headers"] = new JsonArray([.. record.Headers.Select(h => new JsonArray(h.Name, h.Value))]),
    }.ToJsonString();

    private static PeerRecord Record(string line)
    {
        using var json = JsonDocument.Parse(line);
        var record = json.RootElement;
        return new PeerRecord(record.GetProperty("key").GetString(), record.GetProperty("value").GetString())
        {
            Headers = [.. record.GetProperty("headers").EnumerateArray().Select(h => (h[0].GetString()!, h[1].GetString()))],
            Partition = record.GetProperty("partition").GetInt32(),
            Offset = record.GetProperty("offset").GetInt64(),
            Timestamp = record.GetProperty("timestamp").GetInt64(),
            Codecs = [.. record.GetProperty("codecs").EnumerateArray().Select(c => c.GetString()!)],
        };
    }
}
