using System.Text;

namespace Handlers.Generators.Tests.Driving;

internal static class Messages
{
    public static Message Of(string? body, string? key = null, params Header[] headers) => Of(body is null ? null : Encoding.UTF8.GetBytes(body), key, headers);

    public static Message Of(byte[]? body, string? key = null, params Header[] headers) => new()
    {
        Position = new Position(1),
        Body = Bytes.Of(body),
        Key = Bytes.Of(key is null ? null : Encoding.UTF8.GetBytes(key)),
        Headers = new Headers(headers),
    };
}
