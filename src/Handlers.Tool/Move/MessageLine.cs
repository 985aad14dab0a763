using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>
/// A message as a line of JSON, without loss: bytes that are UTF-8 are text, others are in a member with <c>Base64</c> behind its name; null is null, and not empty.
/// </summary>
internal static class MessageLine
{
    private const string Base64 = "Base64";
    private const string Body = "body";

    private static readonly UTF8Encoding Strict = new(false, throwOnInvalidBytes: true);
    private static readonly JsonSerializerOptions Plain = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static string Write(string topic, string partition, in Message message)
    {
        var line = new JsonObject
        {
            ["topic"] = topic,
            ["partition"] = partition,
            ["position"] = message.Position.ToString(),
            ["time"] = MessageTime.Of(message.TimestampMilliseconds).UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture),
        };
        Put(line, "key", message.Key.ToNullableMemory());
        if (message.Headers is { Count: > 0 } headers)
        {
            line["headers"] = new JsonArray([.. headers.Select(static h =>
            {
                var header = new JsonObject { ["name"] = h.Name };
                Put(header, "value", h.Value);
                return header;
            })]);
        }

        Put(line, Body, message.Body.ToNullableMemory());
        return line.ToJsonString(Plain);
    }

    /// <summary>What to publish; the time is kept, its place is not.</summary>
    /// <exception cref="ToolException">It is no such line.</exception>
    public static OutgoingMessage Read(ReadOnlySpan<byte> text, string topic, long number)
    {
        try
        {
            var line = JsonNode.Parse(text) as JsonObject ?? throw new FormatException("it is no object");
            // Data of one's own has none, and would be a tombstone.
            if (!line.ContainsKey(Body) && !line.ContainsKey(Body + Base64)) throw new FormatException($"it has neither {Body} nor {Body}{Base64}. Lines of one's own are published with --lines");
            return new OutgoingMessage
            {
                Topic = topic,
                Key = Get(line, "key"),
                Body = Get(line, Body),
                Headers = new Headers((line["headers"]?.AsArray() ?? []).Select(static h => new Header(h?["name"]?.GetValue<string>() ?? throw new FormatException("a header has no name"), Get(h.AsObject(), "value")))),
                Timestamp = line["time"]?.GetValue<string>() is { } time ? DateTimeOffset.Parse(time, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null,
            };
        }
        catch (Exception e) when (e is JsonException or FormatException or InvalidOperationException or ArgumentException)
        {
            throw new ToolException(string.Create(CultureInfo.InvariantCulture, $"Line {number} is no message as 'handlers tail --json' writes it: {e.Message}"));
        }
    }

    private static void Put(JsonObject into, string name, ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } value)
        {
            into[name] = null;
            return;
        }

        try
        {
            into[name] = Strict.GetString(value.Span);
        }
        catch (DecoderFallbackException)
        {
            into[name + Base64] = Convert.ToBase64String(value.Span);
        }
    }

    private static ReadOnlyMemory<byte>? Get(JsonObject from, string name) =>
        from[name + Base64]?.GetValue<string>() is { } encoded ? Convert.FromBase64String(encoded)
        : from[name]?.GetValue<string>() is { } text ? Encoding.UTF8.GetBytes(text) : default(ReadOnlyMemory<byte>?);
}
