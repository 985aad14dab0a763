using System.Text;

namespace Handlers.Kinesis.Peers;

/// <summary>A record as another client wrote or read it.</summary>
/// <param name="Key">The partition key.</param>
/// <param name="Data">Not empty where it is to be in an aggregate.</param>
public sealed record PeerRecord(string Key, byte[] Data)
{
    public PeerRecord(string key, string text) : this(key, Encoding.UTF8.GetBytes(text))
    {
    }

    /// <summary>0 to 2^128 - 1, decimal. Null: the hash of the key. Of what was read, only those of an aggregate have one.</summary>
    public string? HashKey { get; init; }

    /// <summary>Only of what was read.</summary>
    public PeerPosition? Position { get; init; }

    /// <summary>The place in its aggregate. Null: it was in none, or was read as it lies in the stream.</summary>
    public long? SubSequence { get; init; }

    /// <summary>Milliseconds since 1970. Only of what was read.</summary>
    public long Arrived { get; init; } = -1;

    /// <summary>The data as UTF-8.</summary>
    public string Text => Encoding.UTF8.GetString(Data);
}

/// <summary>Where a record, or an aggregate, lies in its stream.</summary>
public sealed record PeerPosition(string Shard, string Sequence);
