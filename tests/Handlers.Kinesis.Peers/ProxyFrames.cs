using System.Buffers.Binary;
using System.Text;
using System.Text.Json.Nodes;

namespace Handlers.Kinesis.Peers;

/// <summary>Messages of application/vnd.amazon.eventstream: lengths, headers and payload, each with its CRC-32.</summary>
internal static class ProxyFrames
{
    private const int Lengths = 8;
    private const int Sum = 4;
    private const byte Text = 7;

    public static byte[] Of(IEnumerable<JsonObject> events, string? error)
    {
        var frames = events.Select(e => Frame("event", ":event-type", "SubscribeToShardEvent", e));
        if (error is not null) frames = frames.Append(Frame("exception", ":exception-type", error, new JsonObject { ["message"] = "As the test wants it." }));
        return [.. frames.SelectMany(frame => frame)];
    }

    private static byte[] Frame(string type, string header, string name, JsonObject payload)
    {
        byte[] headers = [.. Header(":message-type", type), .. Header(header, name), .. Header(":content-type", "application/x-amz-json-1.1")];
        var body = Encoding.UTF8.GetBytes(payload.ToJsonString());
        var frame = new byte[Lengths + Sum + headers.Length + body.Length + Sum];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length);
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(4), headers.Length);
        Seal(frame.AsSpan(0, Lengths + Sum));
        headers.CopyTo(frame, Lengths + Sum);
        body.CopyTo(frame, Lengths + Sum + headers.Length);
        Seal(frame);
        return frame;
    }

    private static byte[] Header(string name, string value) => [(byte)name.Length, .. Encoding.ASCII.GetBytes(name), Text, (byte)(value.Length >> 8), (byte)value.Length, .. Encoding.ASCII.GetBytes(value)];

    // The last four bytes are the sum of those before.
    private static void Seal(Span<byte> bytes)
    {
        var crc = uint.MaxValue;
        foreach (var b in bytes[..^Sum])
        {
            crc ^= b;
            for (var bit = 0; bit < 8; bit++) crc = (crc >> 1) ^ ((crc & 1) == 0 ? 0 : 0xEDB88320u);
        }
        BinaryPrimitives.WriteUInt32BigEndian(bytes[^Sum..], ~crc);
    }
}
