using System.Globalization;
using System.Text;

namespace Handlers;

/// <summary>A dead letter as it is put back: its raw key and body, its own headers, its id, and how often it was put back.</summary>
internal static class Redriven
{
    /// <summary>The topic that the letter was first read from; null where it does not say.</summary>
    public static string? OriginOf(in Message letter) => letter.Headers?.Text(DeadLetterHeaders.Topic) is { } topic && !string.IsNullOrWhiteSpace(topic) ? topic : null;

    /// <summary>Whether it is one of those that are asked for.</summary>
    public static bool IsWanted(in Message letter, RedriveOptions options) =>
        (options.Group is null || letter.Headers?.Text(DeadLetterHeaders.Group) == options.Group)
        && (options.Handler is null || letter.Headers?.Text(DeadLetterHeaders.Handler) == options.Handler)
        && (options.Since is not { } since || letter.TimestampMilliseconds >= since.ToUnixTimeMilliseconds());

    /// <summary>The message to publish. Its bytes outlive the batch of the letter.</summary>
    public static OutgoingMessage Of(in Message letter, string topic)
    {
        var headers = letter.Headers ?? Headers.Empty;
        var back = headers.Where(static h => !h.Name.StartsWith(DeadLetterHeaders.Prefix, StringComparison.Ordinal)).ToList();
        if (headers.TryGet(DeadLetterHeaders.Id, out var id)) back.Add(new Header(DeadLetterHeaders.Id, id));
        back.Add(Header.Of(DeadLetterHeaders.Redriven, (Count(headers) + 1).ToString(CultureInfo.InvariantCulture)));
        return new OutgoingMessage
        {
            Topic = topic,
            Key = letter.Key.ToNullableMemory(),
            Body = letter.Body.ToNullableMemory(),
            Headers = new Headers(back),
        };
    }

    /// <summary>How often it was put back before. What is no count is none: the header travels through topics where anybody may publish.</summary>
    private static int Count(Headers headers) =>
        headers.TryGet(DeadLetterHeaders.Redriven, out var value) && value is { } bytes
        && int.TryParse(Encoding.UTF8.GetString(bytes.Span), NumberStyles.None, CultureInfo.InvariantCulture, out var count) && count < int.MaxValue ? count : 0;
}
