using System.Text.Json;

namespace Handlers;

/// <summary>
/// The structured mode of CloudEvents (JSON event format 1.0.2): the body is an envelope, with the payload in <c>data</c> or
/// <c>data_base64</c>. In the binary mode the body is the payload.
/// </summary>
internal static class CloudEvent
{
    public const string TypeHeader = "ce_type";

    /// <summary>The bytes of the payload. Null where the envelope has none; throws where the body is no envelope.</summary>
    public static Bytes Data(ref readonly Message message)
    {
        if (message.Body.IsNull || message.Headers?.TryGet(TypeHeader, out _) == true) return message.Body;
        var json = new Utf8JsonReader(message.Body.Span);
        if (!json.Read() || json.TokenType != JsonTokenType.StartObject) throw new InvalidMessageException("The body is no CloudEvent: it is not a JSON object, and there is no header ce_type.");
        while (json.Read() && json.TokenType == JsonTokenType.PropertyName)
        {
            var (isData, isBase64) = (json.ValueTextEquals("data"u8), json.ValueTextEquals("data_base64"u8));
            json.Read();
            if (json.TokenType == JsonTokenType.Null && (isData || isBase64)) return default;
            if (isBase64) return Bytes.Of(json.GetBytesFromBase64());
            var start = (int)json.TokenStartIndex;
            json.Skip();
            if (isData) return Bytes.Of(message.Body.Span[start..(int)json.BytesConsumed].ToArray());
        }

        return default;
    }
}
