using System.Buffers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace Handlers;

/// <summary>The unpack and pack functions that generated code refers to, by kind of payload.</summary>
public static class Payload
{
    private static readonly UTF8Encoding StrictUtf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>
    /// The user's metadata of a payload, asked from the context itself so that its options apply. Throws
    /// <see cref="InvalidOperationException"/> where the context does not know the type.
    /// </summary>
    public static JsonTypeInfo<T> TypeInfo<T>(JsonSerializerContext context)
    {
        ArgumentNullException.ThrowIfNull(context);
        return context.GetTypeInfo(typeof(T)) as JsonTypeInfo<T> ?? throw new InvalidOperationException(
            $"{context.GetType()} has no metadata of {typeof(T)}: add [JsonSerializable(typeof({typeof(T).Name}))] to it.");
    }

    /// <summary>Unpacks JSON. A body of the JSON word <c>null</c> is invalid: a tombstone has no body.</summary>
    public static T Json<T>(Bytes body, JsonTypeInfo<T> typeInfo) =>
        JsonSerializer.Deserialize(body.Span, typeInfo) ?? throw new InvalidMessageException("The body is the JSON word null; a tombstone would have no body.");

    /// <summary>Unpacks any JSON document.</summary>
    public static JsonElement JsonElement(Bytes body)
    {
        var reader = new Utf8JsonReader(body.Span);
        var element = System.Text.Json.JsonElement.ParseValue(ref reader);
        if (reader.Read()) throw new JsonException("There is more after the end of the JSON document.");
        return element;
    }

    /// <summary>Unpacks UTF-8. Invalid UTF-8 is an invalid message, never a replacement character.</summary>
    public static string Text(Bytes body)
    {
        try
        {
            return StrictUtf8.GetString(body.Span);
        }
        catch (DecoderFallbackException e)
        {
            throw new InvalidMessageException("The text is not valid UTF-8.", e);
        }
    }

    /// <summary>The body as an array of its own.</summary>
    public static byte[] Array(Bytes body) => body.Span.ToArray();

    /// <summary>The body as memory, valid until the handler has returned; afterwards it may hold a later message.</summary>
    public static ReadOnlyMemory<byte> Memory(Bytes body) => body.ToMemory();

    /// <summary>Unpacks a payload that unpacks itself, however it implements that.</summary>
    public static T UnpackSelf<T>(Bytes body) where T : IUnpack<T> => T.Unpack(body.Span);

    /// <summary>Packs JSON.</summary>
    public static byte[] PackJson<T>(T payload, JsonTypeInfo<T> typeInfo) => JsonSerializer.SerializeToUtf8Bytes(payload, typeInfo);

    /// <summary>Packs a JSON document as it is.</summary>
    public static byte[] PackJson(JsonElement payload)
    {
        var body = new ArrayBufferWriter<byte>();
        using (var writer = new Utf8JsonWriter(body)) payload.WriteTo(writer);
        return body.WrittenSpan.ToArray();
    }

    /// <summary>Packs text as UTF-8.</summary>
    public static byte[] PackText(string payload) => StrictUtf8.GetBytes(payload);

    /// <summary>Packs a payload that packs itself.</summary>
    public static ReadOnlyMemory<byte> PackSelf<T>(T payload) where T : IPack<T>
    {
        var body = new ArrayBufferWriter<byte>();
        T.Pack(payload, body);
        return body.WrittenMemory;
    }
}
