namespace Handlers.Kafka.Peers;

/// <summary>
/// A record as another client wrote or read it. All text is UTF-8; null is not empty. A header's name may come again, and its value may be
/// null. Equal when everything is: see <see cref="Content"/> for comparing without the place.
/// </summary>
public sealed record PeerRecord(string? Key, string? Value)
{
    public IReadOnlyList<(string Name, string? Value)> Headers { get; init; } = [];

    /// <summary>Null when it is written: the client chooses by the key.</summary>
    public int? Partition { get; init; }

    /// <summary>Only of what was read.</summary>
    public long Offset { get; init; } = -1;

    /// <summary>Milliseconds since 1970. Only of what was read.</summary>
    public long Timestamp { get; init; } = -1;

    /// <summary>The codecs of the batches that kafkajs had read up to this one, this one's among them. Only of what it read.</summary>
    public IReadOnlyList<string> Codecs { get; init; } = [];

    /// <summary>Key, value and headers as one text, in which null is written as null.</summary>
    public string Content => $"{Quoted(Key)}={Quoted(Value)} [{string.Join(' ', Headers.Select(h => $"{h.Name}={Quoted(h.Value)}"))}]";

    private static string Quoted(string? text) => text is null ? "null" : $"'{text}'";
}
