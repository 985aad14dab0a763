using System.Reflection;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handlers.Kafka.Peers;

/// <summary>kafkajs: a client that shares no line with librdkafka. The script is node/peer.mjs.</summary>
public static class NodeClient
{
    private const string Program = "node";

    private static readonly string Folder = typeof(NodeClient).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().First(a => a.Key == "Node").Value!;

    /// <summary>Why it cannot run here, or null. For a test's skip.</summary>
    public static string? Missing { get; } =
        !PeerProcess.IsThere(Program) ? "Node.js is not installed: https://nodejs.org"
        : !Directory.Exists(Path.Combine(Folder, "node_modules", "kafkajs")) ? "kafkajs is not installed: ./build.sh setup installs it where there is npm"
        : null;

    /// <summary>Writes the records in one request. kafkajs writes no header whose value is null.</summary>
    /// <param name="codec">none or gzip: kafkajs has no other.</param>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static Task ProduceAsync(string bootstrap, string topic, IEnumerable<PeerRecord> records, string codec = "none", CancellationToken stop = default) =>
        PeerProcess.RunAsync(Program, [Script, "produce", bootstrap, topic, codec], string.Concat(records.Select(r => Line(r) + "\n")), stop);

    /// <summary>
    /// As a member of a group: what the group has not committed, or everything if it has committed nothing, to the topic's end as it is now. Commits
    /// what it read. In order within a partition only, and headers of a name stand together, where its first one stood.
    /// </summary>
    /// <param name="group">Null: a group of its own, which reads everything. A group that has committed up to the end would wait for ever.</param>
    /// <exception cref="InvalidOperationException">It failed; it says why.</exception>
    public static async Task<IReadOnlyList<PeerRecord>> ReadAsync(string bootstrap, string topic, string? group = null, CancellationToken stop = default)
    {
        var lines = await PeerProcess.RunAsync(Program, [Script, "read", bootstrap, topic, group ?? $"node-{Guid.NewGuid():N}"], "", stop);
        return [.. lines.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Record)];
    }

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
        };
    }
}
