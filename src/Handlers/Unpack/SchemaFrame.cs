using System.Buffers.Binary;
using System.Globalization;

namespace Handlers;

/// <summary>
/// The frame of <see cref="Framed{T}"/>, by which generated code takes payloads out and puts them in. Byte 0 is 0, bytes 1 to 4 are the schema
/// id, big-endian. For Protobuf the message indexes follow: their count, then each, as zigzag varints, or the single byte 0 for <c>[0]</c>.
/// </summary>
/// <remarks>
/// Written after Confluent's documentation (Schema Registry, "Wire format"), and checked against the test vectors of confluent-kafka-dotnet.
/// Not read: its older frame in which varints are not zigzag, and the schema id in a header.
/// </remarks>
public static class SchemaFrame
{
    private const byte Magic = 0;
    private const int HeadLength = 5;
    private const int LongestVarint = 5;

    private static readonly IReadOnlyList<int> First = [0];

    /// <summary>What is behind the id.</summary>
    /// <exception cref="InvalidMessageException">The body is no frame.</exception>
    public static Bytes Unpack(Bytes body, out int schemaId)
    {
        var bytes = body.Span;
        if (bytes.Length < HeadLength) throw Invalid($"The body has {bytes.Length} bytes, and a schema frame begins with {HeadLength}: the magic byte 0 and a schema id.");
        if (bytes[0] != Magic) throw Invalid($"The body begins with the byte 0x{bytes[0]:X2}, and a schema frame with the magic byte 0x00.");
        schemaId = BinaryPrimitives.ReadInt32BigEndian(bytes[1..]);
        return body.Slice(HeadLength);
    }

    /// <summary>What is behind the message indexes. They are well formed; whether they are those of a certain type only the schema could tell.</summary>
    /// <exception cref="InvalidMessageException">The body is no frame, or its indexes are none.</exception>
    public static Bytes UnpackProtobuf(Bytes body, out int schemaId, out IReadOnlyList<int> messageIndexes)
    {
        var rest = Unpack(body, out schemaId);
        var bytes = rest.Span;
        var at = 0;
        var count = Read(bytes, ref at, schemaId);
        // Each takes a byte: a count that cannot be makes no array.
        if (count < 0 || count > bytes.Length - at)
            throw Invalid($"The message indexes of schema {schemaId} are malformed: their count is {count}, and {bytes.Length - at} bytes follow.");
        messageIndexes = count == 0 ? First : Read(bytes, ref at, schemaId, count);
        return rest.Slice(at);
    }

    /// <summary>A body in its frame. The id is above 0, as registries give them.</summary>
    public static byte[] Pack(int schemaId, ReadOnlyMemory<byte> body) => Pack(schemaId, [], body.Span);

    /// <summary>The body of a Protobuf message in its frame. The id is above 0, and of indexes there is at least one.</summary>
    public static byte[] PackProtobuf(int schemaId, IReadOnlyList<int> messageIndexes, ReadOnlyMemory<byte> body)
    {
        ArgumentNullException.ThrowIfNull(messageIndexes);
        ArgumentOutOfRangeException.ThrowIfZero(messageIndexes.Count);
        if (messageIndexes is [0]) return Pack(schemaId, [0], body.Span);
        var indexes = new byte[(messageIndexes.Count + 1) * LongestVarint];
        var length = 0;
        Write(messageIndexes.Count, indexes, ref length);
        foreach (var index in messageIndexes)
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index, nameof(messageIndexes));
            Write(index, indexes, ref length);
        }

        return Pack(schemaId, indexes.AsSpan(0, length), body.Span);
    }

    private static byte[] Pack(int schemaId, ReadOnlySpan<byte> indexes, ReadOnlySpan<byte> body)
    {
        // The id of default(Framed<T>), which nobody meant to publish.
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(schemaId);
        var frame = new byte[HeadLength + indexes.Length + body.Length];
        frame[0] = Magic;
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), schemaId);
        indexes.CopyTo(frame.AsSpan(HeadLength));
        body.CopyTo(frame.AsSpan(HeadLength + indexes.Length));
        return frame;
    }

    private static IReadOnlyList<int> Read(ReadOnlySpan<byte> bytes, ref int at, int schemaId, int count)
    {
        var indexes = new int[count];
        for (var i = 0; i < count; i++)
        {
            indexes[i] = Read(bytes, ref at, schemaId);
            if (indexes[i] < 0) throw Invalid($"The message indexes of schema {schemaId} are malformed: one of them is {indexes[i]}.");
        }

        return indexes is [0] ? First : indexes;
    }

    private static int Read(ReadOnlySpan<byte> bytes, ref int at, int schemaId)
    {
        var value = 0ul;
        for (var i = 0; i < LongestVarint; i++)
        {
            if (at == bytes.Length) throw Invalid($"The message indexes of schema {schemaId} are malformed: the body ends within them.");
            var next = bytes[at++];
            value |= (ulong)(next & 0x7F) << (7 * i);
            if (next > 0x7F) continue;
            if (value > uint.MaxValue) break;
            return (int)(value >> 1) ^ -(int)(value & 1);
        }

        throw Invalid($"The message indexes of schema {schemaId} are malformed: a number has more than 32 bits.");
    }

    private static void Write(int number, Span<byte> to, ref int at)
    {
        var rest = (uint)((number << 1) ^ (number >> 31));
        for (; rest > 0x7F; rest >>= 7) to[at++] = (byte)(rest | 0x80);
        to[at++] = (byte)rest;
    }

    private static InvalidMessageException Invalid(FormattableString what) => new(what.ToString(CultureInfo.InvariantCulture));
}
