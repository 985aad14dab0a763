namespace Handlers;

/// <summary>What is replayed of a topic.</summary>
/// <param name="Topic">The topic, at the broker.</param>
/// <param name="From">Where it begins: the earliest, a time, or a position (<see cref="StartPosition.Including"/>) of the only partition.</param>
internal sealed record ReplayWindow(string Topic, StartPosition From)
{
    /// <summary>Messages that were published at this time or later are left out. Null: none is by time.</summary>
    public DateTimeOffset? Before { get; init; }

    /// <summary>The last position of the only partition. Null: its end as it is at the beginning.</summary>
    public Position? To { get; init; }

    /// <summary>The partitions or shards. None: all.</summary>
    public IReadOnlyList<string> Partitions { get; init; } = [];

    /// <summary>Whether a message is in it by its time. Timestamps may come in any order, so one that is outside ends nothing.</summary>
    public bool Takes(in Message message) =>
        (Before is not { } before || message.TimestampMilliseconds < before.ToUnixTimeMilliseconds())
        && (From.From != StartFrom.Time || From.After is not null || message.TimestampMilliseconds >= From.Time.ToUnixTimeMilliseconds());
}
