using System.Text;

namespace Handlers;

/// <summary>A message to publish, in bytes.</summary>
public sealed record OutgoingMessage
{
    /// <summary>The topic. Not empty when it reaches a publisher.</summary>
    public string Topic { get; init; } = "";

    /// <summary>The key: messages of one key go to one lane. Null: any lane.</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>
    /// The body; null publishes a tombstone. Beware of assigning a <c>byte[]</c> that is null: C# makes empty memory of it, and
    /// null is not empty.
    /// </summary>
    public ReadOnlyMemory<byte>? Body { get; init; }

    /// <summary>The headers.</summary>
    public Headers Headers { get; init; } = Headers.Empty;

    /// <summary>The timestamp. Default: the moment of publishing.</summary>
    public DateTimeOffset? Timestamp { get; init; }

    /// <summary>Text as UTF-8; null stays null.</summary>
    public static ReadOnlyMemory<byte>? Utf8(string? text) => text is null ? default(ReadOnlyMemory<byte>?) : Encoding.UTF8.GetBytes(text);

    /// <summary>Topic and sizes, never the content.</summary>
    public override string ToString() => $"message to '{Topic}' ({Body?.Length.ToString(null, null) ?? "null"} bytes)";
}

/// <summary>A payload to publish, with what goes beside it: for handlers that return more than a payload.</summary>
/// <typeparam name="T">The payload, packed as a handler would unpack it.</typeparam>
/// <param name="Payload">The payload.</param>
public sealed record OutgoingMessage<T>(T Payload)
{
    /// <summary>The key. Null: no key (unlike a plain payload, which is published with the source message's key).</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>The key as UTF-8 text.</summary>
    public string? KeyText
    {
        get => Key is { } key ? Encoding.UTF8.GetString(key.Span) : null;
        init => Key = OutgoingMessage.Utf8(value);
    }

    /// <summary>The headers.</summary>
    public Headers Headers { get; init; } = Headers.Empty;
}
