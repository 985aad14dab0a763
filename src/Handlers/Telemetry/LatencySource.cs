using System.Buffers.Text;
using System.Text;
using System.Text.Json;

namespace Handlers;

/// <summary>
/// When a message came into being, for its latency: a header or a member of the outermost object of a JSON body, in milliseconds since
/// 1970-01-01 UTC (in the body with fractions of them too); where neither is named, the message's timestamp.
/// </summary>
internal sealed class LatencySource(string? header, string? bodyMember)
{
    private readonly byte[] member = Encoding.UTF8.GetBytes(bodyMember ?? "");

    /// <summary>The source, where one is named or the message's timestamp is to serve; null otherwise.</summary>
    public static LatencySource? Of(string? header, string? member, bool byTimestamp) =>
        byTimestamp || header is not null || member is not null ? new LatencySource(header, member) : null;

    /// <summary>What must be read beside the body.</summary>
    public MessageParts Reads => header is not null ? MessageParts.Headers : bodyMember is not null ? MessageParts.None : MessageParts.Timestamp;

    /// <summary>The latency at a time, in seconds and not below 0; null where the message does not say. Reads bytes: before the first await.</summary>
    public double? Seconds(ref readonly Message message, DateTimeOffset now)
    {
        var at = header is not null ? OfHeader(message.Headers) : bodyMember is not null ? OfBody(message.Body) : message.TimestampMilliseconds;
        return at is > 0 and var milliseconds ? Math.Max(0, now.ToUnixTimeMilliseconds() - milliseconds) / 1000.0 : null;
    }

    private long? OfHeader(Headers? headers) =>
        headers?.TryGet(header!, out var value) == true && value is { } text && Utf8Parser.TryParse(text.Span, out long at, out var read) && read == text.Length ? at : null;

    private double? OfBody(Bytes body)
    {
        if (body.IsNull) return null;
        try
        {
            var json = new Utf8JsonReader(body.Span);
            if (!json.Read() || json.TokenType != JsonTokenType.StartObject) return null;
            while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
            {
                var found = json.ValueTextEquals(member);
                json.Read();
                if (found) return json.TokenType == JsonTokenType.Number && json.TryGetDouble(out var at) ? at : null;
                json.Skip();
            }
        }
        catch (JsonException)
        {
            // No JSON: whether it is invalid is for the unpack to say.
        }

        return null;
    }
}
