namespace Handlers;

/// <summary>What attributes say of a handler and configuration may override. <see cref="StreamHandlerAttribute"/> explains each.</summary>
public sealed record HandlerSettings
{
    /// <summary>The most messages at once where nothing is said.</summary>
    public const int DefaultConcurrency = 16;

    /// <summary>The topic.</summary>
    public required string Topic { get; init; }

    /// <summary>The group; null: the application's name.</summary>
    public string? Group { get; init; }

    /// <summary>The transport's name.</summary>
    public string Transport { get; init; } = StreamHandlerAttribute.DefaultTransport;

    /// <summary>What may be handled at the same time.</summary>
    public Ordering Ordering { get; init; }

    /// <summary>The most messages at once with order by key or none.</summary>
    public int Concurrency { get; init; } = DefaultConcurrency;

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

    /// <summary>How a failed call is tried again; null: not.</summary>
    public RetrySettings? Retry { get; init; }

    /// <summary>The pauses of retry topics, in their order; empty: none.</summary>
    public IReadOnlyList<TimeSpan> RetryTopics { get; init; } = [];

    /// <summary>The topic of dead letters; null: none.</summary>
    public string? DeadLetter { get; init; }

    /// <summary>What becomes of a message whose type no handler takes.</summary>
    public UnmatchedType OnUnmatched { get; init; }

    /// <summary>For a handler of lists: the most messages in one call.</summary>
    public int BatchSize { get; init; } = 100;

    /// <summary>For a handler of lists: the longest that the first message waits for others.</summary>
    public TimeSpan BatchTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>The health check that pauses the lanes while it is unhealthy; null: none.</summary>
    public string? CircuitBreaker { get; init; }
}

/// <summary>How a failed call is tried again. <see cref="RetryAttribute"/> explains each.</summary>
public sealed record RetrySettings
{
    /// <summary>Calls in all.</summary>
    public int Attempts { get; init; } = 3;

    /// <summary>The first pause.</summary>
    public TimeSpan Delay { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How the pause grows.</summary>
    public Backoff Backoff { get; init; }

    /// <summary>The longest pause.</summary>
    public TimeSpan MaxDelay { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Whether chance varies pauses.</summary>
    public bool Jitter { get; init; } = true;

    /// <summary>Types that are tried again; empty: every one.</summary>
    public IReadOnlyList<Type> On { get; init; } = [];

    /// <summary>Types that are not.</summary>
    public IReadOnlyList<Type> Except { get; init; } = [];

    /// <summary>A named pipeline instead; null: these settings.</summary>
    public string? Pipeline { get; init; }
}
