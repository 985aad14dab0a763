using System.Globalization;

namespace Handlers;

/// <summary>A dead letter as it stands in its topic. Key, body and the reason may hold what is not for everybody's eyes.</summary>
/// <param name="Topic">The topic of dead letters.</param>
/// <param name="Partition">The partition or shard.</param>
/// <param name="Position">Its position there.</param>
/// <param name="Time">When it was published there, as the broker says; UTC.</param>
/// <param name="Key">The message's own key; null: it has none.</param>
/// <param name="Body">The message's own body, or its beginning (<see cref="LetterLook.BodyBytes"/>); null: it has none.</param>
/// <param name="BodyLength">How long the body is, in bytes.</param>
/// <param name="Headers">All headers, those of the message itself and those of <see cref="DeadLetterHeaders"/>.</param>
public sealed record Letter(
    string Topic, string Partition, Position Position, DateTimeOffset Time, ReadOnlyMemory<byte>? Key, ReadOnlyMemory<byte>? Body, int BodyLength, Headers Headers)
{
    /// <summary><c>topic/partition@position</c> of the message when it was first read; null where the letter does not say, as for all below.</summary>
    public string? Id => Headers.Text(DeadLetterHeaders.Id);

    /// <summary>The topic that the message was first read from.</summary>
    public string? OriginTopic => Headers.Text(DeadLetterHeaders.Topic);

    /// <summary>The partition or shard that it was first read from.</summary>
    public string? OriginPartition => Headers.Text(DeadLetterHeaders.Lane);

    /// <summary>Its position there, as text.</summary>
    public string? OriginPosition => Headers.Text(DeadLetterHeaders.Position);

    /// <summary>The group that could not handle it.</summary>
    public string? Group => Headers.Text(DeadLetterHeaders.Group);

    /// <summary>The handler that could not.</summary>
    public string? Handler => Headers.Text(DeadLetterHeaders.Handler);

    /// <summary>How often the handler was called with it; 0: the message was invalid.</summary>
    public int? Attempts => Number(DeadLetterHeaders.Attempts);

    /// <summary>The type of the last exception; null too where there was none.</summary>
    public string? Exception => Headers.Text(DeadLetterHeaders.Exception);

    /// <summary>Its message, of which the first 1,000 characters. Written by whoever threw it: it may quote the body.</summary>
    public string? Reason => Headers.Text(DeadLetterHeaders.Reason);

    /// <summary>When it was given up, by the clock of the process that did.</summary>
    public DateTimeOffset? FailedAt => Moment(DeadLetterHeaders.Time);

    /// <summary>When the message was published to its first topic.</summary>
    public DateTimeOffset? PublishedAt => Moment(DeadLetterHeaders.Published);

    /// <summary>How often it was put back before; 0: never.</summary>
    public int Redriven => Number(DeadLetterHeaders.Redriven) ?? 0;

    internal static Letter Of(string topic, string partition, in Message message, int bodyBytes)
    {
        var body = message.Body;
        return new Letter(
            topic, partition, message.Position, MessageTime.Of(message.TimestampMilliseconds), Copy(message.Key.Span, message.Key.IsNull),
            Copy(body.Span[..Math.Min(bodyBytes, body.Length)], body.IsNull), body.Length, message.Headers ?? Headers.Empty);
    }

    // A copy, so that the few bytes that are kept do not keep a chunk of many messages.
    private static ReadOnlyMemory<byte>? Copy(ReadOnlySpan<byte> bytes, bool isNull) => isNull ? default(ReadOnlyMemory<byte>?) : bytes.ToArray();

    private int? Number(string header) => int.TryParse(Headers.Text(header), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

    private DateTimeOffset? Moment(string header) =>
        DateTimeOffset.TryParse(Headers.Text(header), CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal, out var moment) ? moment : null;
}

/// <summary>Which dead letters to look at. Default: the newest 50 of all lanes.</summary>
public sealed record LetterLook
{
    /// <summary>The longest <see cref="Limit"/>.</summary>
    public const int MostLetters = 1_000;

    /// <summary>One partition or shard. Null: all of them, merged by time.</summary>
    public string? Partition { get; init; }

    /// <summary>
    /// Where to begin: then the letters come from there on, the oldest first. A position needs <see cref="Partition"/>. Null: the newest letters, the newest first.
    /// </summary>
    public StartPosition? From { get; init; }

    /// <summary>How many letters at most: 1 to 1,000. Default 50.</summary>
    public int Limit { get; init; } = 50;

    /// <summary>How much of a body is kept, in bytes; at least 0. Default 64 KiB.</summary>
    public int BodyBytes { get; init; } = 64 * 1024;

    /// <summary>How long it may take until what was seen by then is returned, with <see cref="LettersSeen.IsComplete"/> false. More than zero. Default 10 s.</summary>
    public TimeSpan TimeLimit { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The transport with the dead letters. Null: that of the handlers that declare the topic for theirs; named, any topic will do.</summary>
    public string? Transport { get; init; }
}

/// <summary>What a look at dead letters saw.</summary>
/// <param name="Lanes">The lanes of the topic as they were at the beginning; empty: the topic is not there yet, as no letter was ever published to it.</param>
/// <param name="Letters">The letters, merged over the lanes by their time: the newest first, or from where the look began the oldest first.</param>
/// <param name="HasMore">Whether there are more, older or newer ones, in the direction of the look.</param>
/// <param name="IsComplete">False: the time was over before all lanes were looked at as far as they were to be.</param>
public sealed record LettersSeen(IReadOnlyList<LaneExtent> Lanes, IReadOnlyList<Letter> Letters, bool HasMore, bool IsComplete);
