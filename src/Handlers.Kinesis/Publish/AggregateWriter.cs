using System.Buffers;
using System.Numerics;
using System.Text;

namespace Handlers.Kinesis;

/// <summary>Makes one record of several, in the Kinesis Producer Library's format (<see cref="Aggregate"/>). Used once, from one thread.</summary>
/// <remarks>Other readers know tags as texts: a header whose value is not UTF-8 is one that a strict parser of theirs may refuse.</remarks>
internal sealed class AggregateWriter
{
    private readonly Table keys = new(1);
    private readonly Table hashKeys = new(2);
    private readonly ArrayBufferWriter<byte> records = new();

    public int Count { get; private set; }

    /// <summary>Of the record's data as it is now, in bytes.</summary>
    public int Length => Aggregate.Overhead + keys.Length + hashKeys.Length + records.WrittenCount;

    /// <summary>What <see cref="Length"/> would be with one more.</summary>
    public long LengthWith(string partitionKey, string? explicitHashKey, int dataLength, Headers tags)
    {
        var entry = EntryLength(keys.IndexOf(partitionKey), explicitHashKey is null ? -1 : hashKeys.IndexOf(explicitHashKey), dataLength, tags);
        return Length + keys.Grows(partitionKey) + (explicitHashKey is null ? 0 : hashKeys.Grows(explicitHashKey)) + FieldLength(entry);
    }

    public void Add(string partitionKey, string? explicitHashKey, ReadOnlySpan<byte> data, Headers tags)
    {
        var key = keys.Add(partitionKey);
        var hashKey = explicitHashKey is null ? -1 : hashKeys.Add(explicitHashKey);
        Bytes(records, 3, EntryLength(key, hashKey, data.Length, tags));
        Varint(records, 1, (uint)key);
        if (hashKey >= 0) Varint(records, 2, (uint)hashKey);
        Bytes(records, 3, data.Length);
        records.Write(data);
        for (var i = 0; i < tags.Count; i++)
        {
            Bytes(records, 4, TagLength(tags[i]));
            Text(records, 1, tags[i].Name);
            if (tags[i].Value is not { } value) continue;
            Bytes(records, 2, value.Length);
            records.Write(value.Span);
        }

        Count++;
    }

    public byte[] ToArray()
    {
        var data = new byte[Length];
        Aggregate.Magic.CopyTo(data);
        var message = data.AsSpan(Aggregate.Magic.Length..^Aggregate.DigestLength);
        keys.Written.CopyTo(message);
        hashKeys.Written.CopyTo(message[keys.Length..]);
        records.WrittenSpan.CopyTo(message[(keys.Length + hashKeys.Length)..]);
        Aggregate.Digest(message, data.AsSpan(^Aggregate.DigestLength..));
        return data;
    }

    private static long EntryLength(int key, int hashKey, int dataLength, Headers tags)
    {
        var length = 1 + VarintLength((uint)key) + (hashKey < 0 ? 0 : 1 + VarintLength((uint)hashKey)) + FieldLength(dataLength);
        for (var i = 0; i < tags.Count; i++) length += FieldLength(TagLength(tags[i]));
        return length;
    }

    private static long TagLength(Header tag) => FieldLength(Encoding.UTF8.GetByteCount(tag.Name)) + (tag.Value is { } value ? FieldLength(value.Length) : 0);

    private static long FieldLength(long length) => 1 + VarintLength((ulong)length) + length;

    private static int VarintLength(ulong value) => (BitOperations.Log2(value | 1) / 7) + 1;

    private static void Bytes(ArrayBufferWriter<byte> into, int field, long length) => Number(into, (field << 3) | (int)WireType.Bytes, (ulong)length);

    private static void Varint(ArrayBufferWriter<byte> into, int field, ulong value) => Number(into, (field << 3) | (int)WireType.Varint, value);

    private static void Text(ArrayBufferWriter<byte> into, int field, string text)
    {
        Bytes(into, field, Encoding.UTF8.GetByteCount(text));
        Encoding.UTF8.GetBytes(text, into);
    }

    private static void Number(ArrayBufferWriter<byte> into, int tag, ulong value)
    {
        var span = into.GetSpan(11);
        span[0] = (byte)tag;
        var count = 1;
        for (; value >= 0x80; value >>= 7) span[count++] = (byte)(value | 0x80);
        span[count++] = (byte)value;
        into.Advance(count);
    }

    /// <summary>A table of keys, each once.</summary>
    private sealed class Table(int field)
    {
        private readonly Dictionary<string, int> indexes = new(StringComparer.Ordinal);
        private readonly ArrayBufferWriter<byte> written = new();

        public int Length => written.WrittenCount;

        public ReadOnlySpan<byte> Written => written.WrittenSpan;

        /// <summary>The index that it has, or would have.</summary>
        public int IndexOf(string key) => indexes.TryGetValue(key, out var index) ? index : indexes.Count;

        public long Grows(string key) => indexes.ContainsKey(key) ? 0 : FieldLength(Encoding.UTF8.GetByteCount(key));

        public int Add(string key)
        {
            if (indexes.TryGetValue(key, out var index)) return index;
            Text(written, field, key);
            indexes.Add(key, indexes.Count);
            return indexes.Count - 1;
        }
    }
}
