namespace Handlers;

/// <summary>What a handler may know of its message beside the payload. Made for one message and safe to keep.</summary>
public sealed class MessageContext
{
    /// <summary>The name of the handler that is called.</summary>
    public required string Handler { get; init; }

    /// <summary>The group whose position moves when the message is handled.</summary>
    public required string Group { get; init; }

    /// <summary>The lane that the message came from.</summary>
    public required LaneId Lane { get; init; }

    /// <summary>Where it stands in that lane.</summary>
    public required Position Position { get; init; }

    /// <summary>When it was published.</summary>
    public DateTimeOffset Timestamp { get; init; }

    /// <summary>The key's bytes; null where it has none.</summary>
    public ReadOnlyMemory<byte>? Key { get; init; }

    /// <summary>The headers.</summary>
    public Headers Headers { get; init; } = Headers.Empty;

    /// <summary>
    /// The same text each time the message comes, from a retry topic too: <c>topic/partition@position</c> of where it was first read, as in
    /// <see cref="DeadLetterHeaders.Id"/>. What a handler may remember to tell a repetition.
    /// </summary>
    public string Id => FirstId ?? $"{Lane.Topic}/{Lane.Partition}@{Position}";

    /// <summary>Of a message from a retry topic: its id at its origin.</summary>
    internal string? FirstId { get; init; }

    /// <summary>The topic, by its name at the broker.</summary>
    public string Topic => Lane.Topic;

    /// <summary>The key as UTF-8 text; null where it has none.</summary>
    public string? KeyText => Key is { } key ? System.Text.Encoding.UTF8.GetString(key.Span) : null;
}
