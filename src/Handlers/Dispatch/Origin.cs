using System.Globalization;

namespace Handlers;

/// <summary>
/// Where a message was first read. On the way through retry topics and dead letters it travels in headers; they are believed only
/// on lanes of topics that the runtime writes.
/// </summary>
/// <param name="Topic">Topic.</param>
/// <param name="Lane">Partition or shard.</param>
/// <param name="Position">Position, as text.</param>
/// <param name="Attempts">How often handlers were called with it before.</param>
/// <param name="Published">When it was published there.</param>
internal sealed record Origin(string Topic, string Lane, string Position, int Attempts, DateTimeOffset Published)
{
    /// <summary>The same however often the message comes: topic, lane and position make it.</summary>
    public string Id => $"{Topic}/{Lane}@{Position}";

    /// <summary>The message stands at its origin.</summary>
    public static Origin Here(LaneId lane, in Message message) => new(
        lane.Topic, lane.Partition, message.Position.ToString(), 0, MessageTime.Of(message.TimestampMilliseconds));

    /// <summary>What the headers of a message in a retry topic say; the place itself where they say nothing.</summary>
    public static Origin Of(LaneId lane, in Message message)
    {
        var headers = message.Headers;
        if (headers?.Text(DeadLetterHeaders.Topic) is not { Length: > 0 } topic
            || headers.Text(DeadLetterHeaders.Lane) is not { } partition || headers.Text(DeadLetterHeaders.Position) is not { } position) return Here(lane, in message);
        _ = int.TryParse(headers.Text(DeadLetterHeaders.Attempts), NumberStyles.None, CultureInfo.InvariantCulture, out var attempts);
        return DateTimeOffset.TryParse(headers.Text(DeadLetterHeaders.Published), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var published)
            ? new(topic, partition, position, attempts, published)
            : new(topic, partition, position, attempts, MessageTime.Of(message.TimestampMilliseconds));
    }
}
