namespace Handlers;

/// <summary>
/// A payload in Confluent's wire format: behind a frame of a magic byte 0, the id of its schema, and for Protobuf the message's place in
/// that schema. A handler takes it in place of the payload, a list has it as its item, <see cref="PublishToAttribute"/> publishes it.
/// No schema registry is asked: the id is what producers and consumers go by.
/// </summary>
/// <remarks>
/// <typeparamref name="T"/> is a type on a <c>JsonSerializerContext</c>, <c>JsonElement</c>, a Protobuf message, an <see cref="IUnpack{TSelf}"/>,
/// or <c>byte[]</c> or <c>ReadOnlyMemory&lt;byte&gt;</c> for what is behind the id, Avro for example. A body that is not framed is an invalid message.
/// A tombstone has no frame: take <c>Framed&lt;T&gt;?</c>.
/// </remarks>
/// <typeparam name="T">What is in the frame. Never nullable.</typeparam>
/// <param name="Payload">What is in the frame.</param>
/// <param name="SchemaId">The id that the registry has given to the schema. What is published has one above 0.</param>
public readonly record struct Framed<T>(T Payload, int SchemaId)
{
    /// <summary>
    /// For Protobuf: the message's place in the file of its schema, from the outermost message inwards: <c>[0]</c> for the first, <c>[2, 1]</c>
    /// for the second that is declared in the third. Of a message that was read, the place in the schema that it was written with. Null otherwise;
    /// published, null is the place of the message's type in its own <c>.proto</c>.
    /// </summary>
    public IReadOnlyList<int>? MessageIndexes { get; init; }
}
