using System.Text;

namespace Handlers.Transport.Contract;

/// <summary>A message as it was read, copied out of its batch.</summary>
public sealed record Received(Position Position, byte[]? Key, byte[]? Body, Headers? Headers, long Timestamp)
{
    /// <summary>The body as text.</summary>
    public string? Text => Body is null ? null : Encoding.UTF8.GetString(Body);

    /// <summary>The key as text.</summary>
    public string? KeyText => Key is null ? null : Encoding.UTF8.GetString(Key);

    /// <summary>Copies a message.</summary>
    public static Received Of(in Message message) => new(
        message.Position,
        message.Key.IsNull ? null : message.Key.Span.ToArray(),
        message.Body.IsNull ? null : message.Body.Span.ToArray(),
        message.Headers,
        message.TimestampMilliseconds);
}
