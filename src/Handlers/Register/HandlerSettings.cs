namespace Handlers;

/// <summary>What attributes say of a handler and configuration may override. <see cref="StreamHandlerAttribute"/> explains each.</summary>
public sealed record HandlerSettings
{
    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The group; null: the application's name.</summary>
    public string? Group { get; init; }

    /// <summary>The transport's name.</summary>
    public string Transport { get; init; } = StreamHandlerAttribute.DefaultTransport;

    /// <summary>What may be handled at the same time.</summary>
    public Ordering Ordering { get; init; }

    /// <summary>When the position becomes durable.</summary>
    public Commit Commit { get; init; }

    /// <summary>What becomes of invalid messages.</summary>
    public InvalidMessage OnInvalid { get; init; }

    /// <summary>What becomes of a message whose handler failed.</summary>
    public FailedHandler OnFailure { get; init; }

    /// <summary>Where a lane without a committed position begins.</summary>
    public StartFrom Start { get; init; }

    /// <summary>With <see cref="StartFrom.Time"/>: the moment.</summary>
    public DateTimeOffset? StartAt { get; init; }

    /// <summary>The longest that one call may take; null: no limit.</summary>
    public TimeSpan? TimeLimit { get; init; }

    /// <summary>The topic to publish results to; null: none.</summary>
    public string? PublishTo { get; init; }
}
