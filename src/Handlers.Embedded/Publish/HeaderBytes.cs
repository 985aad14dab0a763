using System.Text;

namespace Handlers.Embedded;

/// <summary>
/// Headers as one column: for each its name and its value, each with its length before it as a 7-bit encoded number. The
/// length of a value is raised by one, so that 0 is null. No headers are NULL.
/// </summary>
internal static class HeaderBytes
{
    public static ReadOnlyMemory<byte>? Pack(Headers headers)
    {
        if (headers.Count == 0) return null;
        var packed = new MemoryStream();
        using var writer = new BinaryWriter(packed, Encoding.UTF8);
        foreach (var (name, value) in headers)
        {
            writer.Write(name);
            writer.Write7BitEncodedInt64(value is { } bytes ? bytes.Length + 1L : 0);
            if (value is { } span) writer.Write(span.Span);
        }

        writer.Flush();
        return packed.GetBuffer().AsMemory(0, (int)packed.Length);
    }

    /// <summary>The headers of a row; null where the bytes are none. Values are slices of one copy.</summary>
    public static Headers? Unpack(ReadOnlySpan<byte> packed)
    {
        var bytes = packed.ToArray();
        var headers = new List<Header>();
        using var reader = new BinaryReader(new MemoryStream(bytes), Encoding.UTF8);
        while (reader.BaseStream.Position < bytes.Length)
        {
            string name;
            long length;
            try
            {
                (name, length) = (reader.ReadString(), reader.Read7BitEncodedInt64());
            }
            catch (Exception e) when (e is IOException or FormatException)
            {
                return null;
            }

            if (length < 0 || length - 1 > bytes.Length - reader.BaseStream.Position) return null;
            if (length == 0)
            {
                headers.Add(new Header(name, null));
                continue;
            }

            headers.Add(new Header(name, bytes.AsMemory((int)reader.BaseStream.Position, (int)length - 1)));
            reader.BaseStream.Position += length - 1;
        }

        return new Headers(headers);
    }
}
