using System.Text.Json;

namespace Handlers.Kinesis.Peers;

/// <summary>The iterators that went through, and those of them that are expired by order.</summary>
internal sealed class ProxyIterators
{
    private readonly Lock turn = new();
    private readonly HashSet<string> given = [];
    private readonly HashSet<string> expired = [];

    public void Expire()
    {
        lock (turn)
        {
            expired.UnionWith(given);
            given.Clear();
        }
    }

    public void Given(string operation, byte[] answer)
    {
        if (operation is not ("GetShardIterator" or "GetRecords") || Text(answer, operation == "GetRecords" ? "NextShardIterator" : "ShardIterator") is not { } iterator) return;
        lock (turn) given.Add(iterator);
    }

    public bool IsExpired(byte[] request)
    {
        lock (turn) return Text(request, "ShardIterator") is { } iterator && expired.Contains(iterator);
    }

    private static string? Text(byte[] body, string name)
    {
        using var json = JsonDocument.Parse(body);
        return json.RootElement.TryGetProperty(name, out var value) ? value.GetString() : null;
    }
}
