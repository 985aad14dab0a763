using System.Buffers;
using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Handlers.Dashboard;

/// <summary>Dead letters as JSON. Bytes become text where they are text, and a dump of their numbers where not.</summary>
internal static class LetterJson
{
    private const int LongestDump = 4 * 1024; // bytes
    private const int DumpWidth = 16;         // bytes a line
    private const int LongestValue = 4 * 1024; // bytes of a key or of a header's value, and characters of other texts: whoever publishes may make them of any length

    private const int MostGrowth = 16;         // by line breaks and indents; what is nested so deep that it grows more stays as it is

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
    private static readonly JsonWriterOptions Indented = new() { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static void Write(Utf8JsonWriter json, string topic, LettersSeen seen, bool withBody)
    {
        json.WriteStartObject();
        json.WriteString("topic", topic);
        json.WriteBoolean("withBody", withBody);
        json.WriteBoolean("hasMore", seen.HasMore);
        json.WriteBoolean("isComplete", seen.IsComplete);
        json.WriteMaybe("count", seen.Lanes.All(static l => l.Messages is not null) ? seen.Lanes.Sum(static l => l.Messages ?? 0) : null);
        json.WriteStartArray("letters");
        foreach (var letter in seen.Letters) Write(json, letter, withBody);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, Letter letter, bool withBody)
    {
        json.WriteStartObject();
        json.WriteString("partition", letter.Partition);
        json.WriteString("position", letter.Position.ToString());
        json.WriteString("at", letter.Time.ToUniversalTime());
        json.WriteString("origin", Short(letter.Id));
        json.WriteString("group", Short(letter.Group));
        json.WriteString("handler", Short(letter.Handler));
        json.WriteString("exception", Short(letter.Exception));
        json.WriteMaybe("attempts", letter.Attempts);
        json.WriteNumber("redriven", letter.Redriven);
        if (withBody)
        {
            json.WriteString("reason", Short(letter.Reason));
            json.WriteString("key", Value(letter.Key));
            json.WriteStartArray("headers");
            foreach (var header in letter.Headers)
            {
                json.WriteStartObject();
                json.WriteString("name", Short(header.Name));
                json.WriteString("value", Value(header.Value));
                json.WriteEndObject();
            }

            json.WriteEndArray();
            Body(json, letter);
        }

        json.WriteEndObject();
    }

    private static void Body(Utf8JsonWriter json, Letter letter)
    {
        json.WriteStartObject("body");
        json.WriteNumber("bytes", letter.BodyLength);
        var isCut = letter.Body is { } part && part.Length < letter.BodyLength;
        if (letter.Body is not { } body)
        {
            json.WriteString("kind", "none");
            json.WriteString("text", "");
        }
        else if (Text(isCut ? Whole(body) : body) is { } text)
        {
            var pretty = isCut ? null : Pretty(body);
            json.WriteString("kind", pretty is null ? "text" : "json");
            json.WriteString("text", pretty ?? text);
        }
        else
        {
            isCut |= body.Length > LongestDump;
            json.WriteString("kind", "binary");
            json.WriteString("text", Dump(body.Span[..Math.Min(body.Length, LongestDump)]));
        }

        json.WriteBoolean("cut", isCut);
        json.WriteEndObject();
    }

    private static string? Short(string? text) => text is null || text.Length <= LongestValue ? text : text[..LongestValue] + " ...";

    /// <summary>A key or a header's value: text where it is text.</summary>
    private static string? Value(ReadOnlyMemory<byte>? bytes)
    {
        if (bytes is not { } all) return null;
        if (all.Length <= LongestValue) return Text(all) ?? Hex(all);
        var beginning = all[..LongestValue];
        return string.Create(CultureInfo.InvariantCulture, $"{Text(Whole(beginning)) ?? Hex(beginning)} ... ({all.Length:N0} bytes)");
    }

    /// <summary>Null where it is no UTF-8, or has characters that nobody can see.</summary>
    private static string? Text(ReadOnlyMemory<byte> bytes)
    {
        try
        {
            var text = Strict.GetString(bytes.Span);
            return text.Any(static c => char.IsControl(c) && c is not ('\n' or '\r' or '\t')) ? null : text;
        }
        catch (ArgumentException)
        {
            return null;
        }
    }

    /// <summary>Without the beginning of a character that the cut left at the end: at most three bytes.</summary>
    private static ReadOnlyMemory<byte> Whole(ReadOnlyMemory<byte> cut)
    {
        var end = cut.Length;
        while (end > 0 && cut.Length - end < 3 && (cut.Span[end - 1] & 0xC0) == 0x80) end--;
        return end > 0 && (cut.Span[end - 1] & 0xC0) == 0xC0 ? cut[..(end - 1)] : cut;
    }

    /// <summary>JSON with line breaks; numbers stay as they are written. Null where it is no JSON.</summary>
    private static string? Pretty(ReadOnlyMemory<byte> body)
    {
        try
        {
            using var document = JsonDocument.Parse(body);
            if (document.RootElement.ValueKind is not (JsonValueKind.Object or JsonValueKind.Array)) return null;
            var buffer = new ArrayBufferWriter<byte>(body.Length * 2);
            using (var writer = new Utf8JsonWriter(buffer, Indented)) document.RootElement.WriteTo(writer);
            return buffer.WrittenCount <= body.Length * MostGrowth ? Encoding.UTF8.GetString(buffer.WrittenSpan) : null;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException) // half of a surrogate pair as an escape: well-formed JSON, and no text
        {
            return null;
        }
    }

    private static string Hex(ReadOnlyMemory<byte> bytes) => "0x" + Convert.ToHexStringLower(bytes.Span);

    private static string Dump(ReadOnlySpan<byte> bytes)
    {
        var dump = new StringBuilder();
        for (var at = 0; at < bytes.Length; at += DumpWidth)
        {
            var line = bytes.Slice(at, Math.Min(DumpWidth, bytes.Length - at));
            dump.Append(at.ToString("x4", CultureInfo.InvariantCulture)).Append("  ");
            for (var i = 0; i < DumpWidth; i++) dump.Append(i < line.Length ? line[i].ToString("x2", CultureInfo.InvariantCulture) : "  ").Append(' ');
            dump.Append(' ');
            foreach (var b in line) dump.Append(b is >= 0x20 and < 0x7f ? (char)b : '.');
            dump.Append('\n');
        }

        return dump.ToString();
    }
}
