using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace Handlers.Kinesis;

/// <summary>
/// A record of the Kinesis Producer Library that holds several user records: 4 bytes of magic, a protobuf message, the MD5 of that message.
/// Reads each once, in order. Nothing is copied: keys and data are parts of the record's own bytes.
/// </summary>
/// <remarks>
/// The message: 1 = partition keys, 2 = explicit hash keys, 3 = user records, each of 1 = index of its key, 2 = index of its explicit hash key
/// (optional), 3 = data, 4 = tags (1 = key, 2 = value, optional).
/// </remarks>
internal sealed class Aggregate
{
    public const int DigestLength = 16;
    public const int Overhead = 4 + DigestLength;

    private readonly ReadOnlyMemory<byte> data;
    private readonly List<Slice> keys = [];
    private readonly List<Slice> hashKeys = [];
    private int at;   // where the next field of the message is
    private int next; // the sub-sequence number of the next user record

    private Aggregate(ReadOnlyMemory<byte> data)
    {
        this.data = data;
        at = Magic.Length;
    }

    /// <summary>What an aggregate begins with.</summary>
    public static ReadOnlySpan<byte> Magic => [0xF3, 0x89, 0x9A, 0xC2];

    private int End => data.Length - DigestLength;

    /// <summary>The aggregate in a record's data; null where it is a plain record: no magic, another digest, or not to be parsed.</summary>
    public static Aggregate? Of(ReadOnlyMemory<byte> data)
    {
        if (data.Length <= Overhead || !data.Span.StartsWith(Magic) || !HasDigest(data.Span)) return null;
        var aggregate = new Aggregate(data);
        return aggregate.IsWellFormed() ? aggregate : null;
    }

    /// <summary>The next user record. False: there are no more.</summary>
    public bool TryNext(out UserRecord record)
    {
        var bytes = data.Span;
        var reader = new ProtoReader(bytes, at, End);
        while (reader.TryField(out var number, out var type))
        {
            if (number != 3 || type != WireType.Bytes)
            {
                if (!reader.TrySkip(type)) break;
                continue;
            }

            if (!reader.TryBytes(out var entry) || !TryEntry(bytes, entry, out var parts)) break;
            at = reader.At;
            record = new UserRecord(
                data, entry, next++, Part(keys[parts.Key]), parts.HashKey < 0 ? default(ReadOnlyMemory<byte>?) : Part(hashKeys[parts.HashKey]), Part(parts.Data), parts.HasTags);
            return true;
        }

        at = End;
        record = default;
        return false;
    }

    [SuppressMessage("Security", "CA5351:Do Not Use Broken Cryptographic Algorithms", Justification = "The format's checksum; it guards against nothing but chance.")]
    public static void Digest(ReadOnlySpan<byte> message, Span<byte> into) => MD5.HashData(message, into);

    private static bool HasDigest(ReadOnlySpan<byte> data)
    {
        Span<byte> digest = stackalloc byte[DigestLength];
        Digest(data[Magic.Length..^DigestLength], digest);
        return data[^DigestLength..].SequenceEqual(digest);
    }

    /// <summary>Reads all of it once, so that no part of a broken one is ever handed out. The tables may stand behind the records.</summary>
    private bool IsWellFormed()
    {
        var bytes = data.Span;
        var tables = new ProtoReader(bytes, at, End);
        while (tables.TryField(out var number, out var type))
        {
            if (number is not (1 or 2) || type != WireType.Bytes)
            {
                if (!tables.TrySkip(type)) return false;
                continue;
            }

            if (!tables.TryBytes(out var key)) return false;
            (number == 1 ? keys : hashKeys).Add(key);
        }

        if (!tables.IsAtEnd) return false;
        var records = new ProtoReader(bytes, at, End);
        while (records.TryField(out var number, out var type))
        {
            if (number != 3 || type != WireType.Bytes) _ = records.TrySkip(type);
            else if (!records.TryBytes(out var entry) || !TryEntry(bytes, entry, out _)) return false;
        }

        return true;
    }

    /// <summary>False where what it must have is missing, or an index is outside of its table.</summary>
    private bool TryEntry(ReadOnlySpan<byte> bytes, Slice entry, out Parts parts)
    {
        parts = new Parts(-1, -1, default, false);
        var hasData = false;
        var reader = new ProtoReader(bytes, entry.Start, entry.End);
        while (reader.TryField(out var number, out var type))
        {
            switch (number, type)
            {
                case (1, WireType.Varint):
                    if (!reader.TryVarint(out var key) || key >= (ulong)keys.Count) return false;
                    parts = parts with { Key = (int)key };
                    break;
                case (2, WireType.Varint):
                    if (!reader.TryVarint(out var hashKey) || hashKey >= (ulong)hashKeys.Count) return false;
                    parts = parts with { HashKey = (int)hashKey };
                    break;
                case (3, WireType.Bytes):
                    if (!reader.TryBytes(out var body)) return false;
                    parts = parts with { Data = body };
                    hasData = true;
                    break;
                case (4, WireType.Bytes):
                    if (!reader.TryBytes(out var tag) || !UserRecord.TryTag(bytes, tag, out _, out _)) return false;
                    parts = parts with { HasTags = true };
                    break;
                default:
                    if (!reader.TrySkip(type)) return false;
                    break;
            }
        }

        return reader.IsAtEnd && hasData && parts.Key >= 0;
    }

    private ReadOnlyMemory<byte> Part(Slice slice) => data.Slice(slice.Start, slice.Length);

    private readonly record struct Parts(int Key, int HashKey, Slice Data, bool HasTags);
}

/// <summary>One of the records in an aggregate. Its bytes are parts of the aggregate's.</summary>
internal readonly struct UserRecord(
    ReadOnlyMemory<byte> aggregate, Slice entry, int index, ReadOnlyMemory<byte> partitionKey, ReadOnlyMemory<byte>? explicitHashKey, ReadOnlyMemory<byte> data, bool hasTags)
{
    /// <summary>Its number in the aggregate, from 0.</summary>
    public int Index => index;

    /// <summary>UTF-8.</summary>
    public ReadOnlyMemory<byte> PartitionKey => partitionKey;

    /// <summary>A decimal number; null where it has none.</summary>
    public ReadOnlyMemory<byte>? ExplicitHashKey => explicitHashKey;

    public ReadOnlyMemory<byte> Data => data;

    public bool HasTags => hasTags;

    /// <summary>Its tags, which are our headers; null where it has none.</summary>
    public Headers? Tags()
    {
        if (!hasTags) return null;
        var tags = new List<Header>();
        var bytes = aggregate.Span;
        var reader = new ProtoReader(bytes, entry.Start, entry.End);
        while (reader.TryField(out var number, out var type))
        {
            if (number != 4 || type != WireType.Bytes) _ = reader.TrySkip(type);
            else if (reader.TryBytes(out var tag) && TryTag(bytes, tag, out var name, out var value))
                tags.Add(new Header(Encoding.UTF8.GetString(bytes.Slice(name.Start, name.Length)), value is { } v ? aggregate.Slice(v.Start, v.Length) : default(ReadOnlyMemory<byte>?)));
        }

        return new Headers(tags);
    }

    public static bool TryTag(ReadOnlySpan<byte> bytes, Slice tag, out Slice name, out Slice? value)
    {
        (name, value) = (default, null);
        var hasName = false;
        var reader = new ProtoReader(bytes, tag.Start, tag.End);
        while (reader.TryField(out var number, out var type))
        {
            if (number is not (1 or 2) || type != WireType.Bytes)
            {
                if (!reader.TrySkip(type)) return false;
                continue;
            }

            if (!reader.TryBytes(out var text)) return false;
            if (number == 2) value = text;
            else (name, hasName) = (text, true);
        }

        return reader.IsAtEnd && hasName;
    }
}
