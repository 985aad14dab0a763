using System.Buffers;

namespace Handlers;

/// <summary>Bytes to payload. Never called with a null body; throws when the bytes are no such payload.</summary>
public delegate T Unpack<out T>(Bytes body);

/// <summary>What a handler returned, to a message without a topic. The core adds topic and, where none is set, key.</summary>
public delegate OutgoingMessage Pack<in T>(T value);

/// <summary>A payload type that unpacks itself.</summary>
/// <typeparam name="TSelf">The payload type.</typeparam>
public interface IUnpack<TSelf> where TSelf : IUnpack<TSelf>
{
    /// <summary>Reads a payload from a body that is not null. Throws when it is none: the message is then invalid.</summary>
    static abstract TSelf Unpack(ReadOnlySpan<byte> body);
}

/// <summary>A payload type that packs itself, for <see cref="PublishToAttribute"/>.</summary>
/// <typeparam name="TSelf">The payload type.</typeparam>
public interface IPack<TSelf> where TSelf : IPack<TSelf>
{
    /// <summary>Writes the body.</summary>
    static abstract void Pack(TSelf payload, IBufferWriter<byte> body);
}
