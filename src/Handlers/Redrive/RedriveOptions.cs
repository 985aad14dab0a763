namespace Handlers;

/// <summary>Which dead letters are put back, and where to. Default: all that were not put back before, each to the topic that it came from.</summary>
public sealed record RedriveOptions
{
    /// <summary>The topic to put them to. Null: each to its own, the one that it was first read from.</summary>
    public string? To { get; init; }

    /// <summary>Only letters of this group (<see cref="DeadLetterHeaders.Group"/>). Null: of every group.</summary>
    public string? Group { get; init; }

    /// <summary>Only letters of this handler (<see cref="DeadLetterHeaders.Handler"/>). Null: of every handler.</summary>
    public string? Handler { get; init; }

    /// <summary>Only letters that were published at this time or later, those that were put back before among them. Null: no such limit.</summary>
    public DateTimeOffset? Since { get; init; }

    /// <summary>The most letters to put back; at least 1. Null: no limit.</summary>
    public long? Limit { get; init; }

    /// <summary>Reads and counts; publishes nothing, and no position moves.</summary>
    public bool DryRun { get; init; }

    /// <summary>The transport with the dead letters. Null: that of the handlers that declare the topic for theirs; named, any topic will do.</summary>
    public string? Transport { get; init; }

    /// <summary>
    /// The group that reads the dead letters, and whose position says how far they are put back. Null: <c>handlers.redrive</c>, with
    /// <see cref="Group"/>, <see cref="Handler"/> and <see cref="Since"/> behind it where they are set: a position passes the letters
    /// that a filter left, so each filter has one of its own.
    /// </summary>
    public string? ReadAs { get; init; }
}
