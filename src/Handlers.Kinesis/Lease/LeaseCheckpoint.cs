namespace Handlers.Kinesis;

/// <summary>How far a shard is handled: where it begins, a position, or its end.</summary>
/// <remarks>The default value is not a checkpoint: <see cref="Kind"/> is <see cref="CheckpointKind.None"/>.</remarks>
internal readonly record struct LeaseCheckpoint
{
    private LeaseCheckpoint(CheckpointKind kind, Position handled = default, DateTimeOffset? time = null)
    {
        Kind = kind;
        Handled = handled;
        Time = time;
    }

    public CheckpointKind Kind { get; }

    /// <summary>With <see cref="CheckpointKind.After"/>: sequence number, and the number of the record within its aggregate (0 of a plain record).</summary>
    public Position Handled { get; }

    /// <summary>
    /// With <see cref="CheckpointKind.Time"/>: the time. With <see cref="CheckpointKind.Latest"/>: when that was said, so that a restart before the first
    /// commit begins there and not at a later end; null where another program wrote it.
    /// </summary>
    public DateTimeOffset? Time { get; }

    /// <summary>Nothing is handled: the oldest record is next.</summary>
    public static LeaseCheckpoint Horizon { get; } = new(CheckpointKind.Horizon);

    /// <summary>Everything is handled, and the shard takes no more records.</summary>
    public static LeaseCheckpoint End { get; } = new(CheckpointKind.End);

    public static LeaseCheckpoint Latest(DateTimeOffset? said) => new(CheckpointKind.Latest, default, said);

    /// <param name="time">Null where the program that wrote it keeps the time elsewhere.</param>
    public static LeaseCheckpoint At(DateTimeOffset? time) => new(CheckpointKind.Time, default, time);

    public static LeaseCheckpoint After(Position handled) => new(CheckpointKind.After, handled);

    public bool IsEnd => Kind == CheckpointKind.End;

    /// <summary>Whether more is handled by this than by another of the same shard. Where it begins is never after anything.</summary>
    public bool IsAfter(LeaseCheckpoint other) => Kind switch
    {
        CheckpointKind.End => !other.IsEnd,
        CheckpointKind.After => !other.IsEnd && (other.Kind != CheckpointKind.After || Handled > other.Handled),
        _ => false,
    };

    public override string ToString() => Kind switch
    {
        CheckpointKind.After => Handled.ToString(),
        CheckpointKind.Time => $"{Time:O}",
        _ => Kind.ToString(),
    };
}

/// <summary>What a checkpoint says.</summary>
internal enum CheckpointKind
{
    None,
    Horizon,
    Latest,
    Time,
    After,
    End,
}
