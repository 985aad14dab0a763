using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.Http;

namespace Handlers.Dashboard;

/// <summary>How the API answers: JSON that nobody keeps, and errors as <c>application/problem+json</c> with the sentence that says what to do.</summary>
internal static class Answer
{
    // Only read as JSON, never put into a page as it is, so letters of other scripts may stay letters.
    private static readonly JsonWriterOptions Options = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static Task JsonAsync(this HttpContext http, Action<Utf8JsonWriter> write, int status = StatusCodes.Status200OK) =>
        SendAsync(http, write, status, "application/json; charset=utf-8");

    public static Task ProblemAsync(this HttpContext http, int status, string title, string detail) => SendAsync(
        http,
        json =>
        {
            json.WriteStartObject();
            json.WriteString("title", title);
            json.WriteNumber("status", status);
            json.WriteString("detail", detail);
            json.WriteEndObject();
        },
        status, "application/problem+json");

    /// <summary>A length of time in seconds, to the millisecond: what the page shows is no finer.</summary>
    public static void WriteSeconds(this Utf8JsonWriter json, string name, TimeSpan? time)
    {
        if (time is { } known) json.WriteNumber(name, Math.Round(known.TotalSeconds, 3));
        else json.WriteNull(name);
    }

    /// <summary>A number, or null where there is none.</summary>
    public static void WriteMaybe(this Utf8JsonWriter json, string name, double? value)
    {
        if (value is { } number && double.IsFinite(number)) json.WriteNumber(name, number);
        else json.WriteNull(name);
    }

    private static async Task SendAsync(HttpContext http, Action<Utf8JsonWriter> write, int status, string type)
    {
        var buffer = new ArrayBufferWriter<byte>(4096);
        using (var json = new Utf8JsonWriter(buffer, Options)) write(json);
        http.Response.StatusCode = status;
        http.Response.ContentType = type;
        http.Response.ContentLength = buffer.WrittenCount;
        http.Response.Headers.CacheControl = "no-store";
        http.Response.Headers.XContentTypeOptions = "nosniff";
        if (!HttpMethods.IsHead(http.Request.Method)) await http.Response.Body.WriteAsync(buffer.WrittenMemory, http.RequestAborted);
    }
}
