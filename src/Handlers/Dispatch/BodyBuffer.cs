namespace Handlers;

/// <summary>
/// Where a lane's native bodies are copied to for a handler that takes memory: nothing is allocated per message, and memory that is kept longer
/// than it is valid shows a later message, never freed bytes.
/// </summary>
/// <remarks>One message at a time: only messages whose bytes are still the batch's come here, and those are handled one after the other.</remarks>
internal sealed class BodyBuffer
{
    private const int Largest = 1 << 20; // a body beyond it gets an array of its own: a lane is not to keep it

    private byte[] room = new byte[1024];

    /// <summary>Whether payloads of this type are, or hold, memory that is the body's.</summary>
    public static bool Serves(Type payload) =>
        payload == typeof(ReadOnlyMemory<byte>) || payload == typeof(ReadOnlyMemory<byte>?) || payload == typeof(Framed<ReadOnlyMemory<byte>>) || payload == typeof(Framed<ReadOnlyMemory<byte>>?);

    /// <summary>The same bytes in managed memory, valid until the next call; those that are there already, as they are.</summary>
    public Bytes Of(Bytes body)
    {
        if (!body.IsNative || body.Length > Largest) return body;
        if (room.Length < body.Length) room = new byte[System.Numerics.BitOperations.RoundUpToPowerOf2((uint)body.Length)];
        body.Span.CopyTo(room);
        return Bytes.Of(room, body.Length);
    }
}
