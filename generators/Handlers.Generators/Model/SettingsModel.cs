namespace Handlers.Generators.Model;

/// <summary>What the attributes say, presets resolved. Enum values are names of members; null is what nobody wrote.</summary>
internal sealed record SettingsModel
{
    public string Topic { get; init; } = "";
    public string? Group { get; init; }
    public string? Transport { get; init; }
    public string? Ordering { get; init; }
    public int? Concurrency { get; init; }
    public string? Commit { get; init; }
    public string? OnInvalid { get; init; }
    public string? OnFailure { get; init; }
    public string? OnUnmatched { get; init; }
    public string? Start { get; init; }

    /// <summary>Ticks of UTC.</summary>
    public long? StartAt { get; init; }

    public double TimeLimitSeconds { get; init; }
    public string? PublishTo { get; init; }
    public RetryModel? Retry { get; init; }

    /// <summary>The pauses of retry topics, in ticks.</summary>
    public EquatableArray<long> RetryTopics { get; init; }

    public string? DeadLetter { get; init; }
    public int? BatchSize { get; init; }

    /// <summary>Ticks.</summary>
    public long? BatchTime { get; init; }

    public string? CircuitBreaker { get; init; }

    /// <summary>Which type of message the handler takes, written or inferred; null: every one.</summary>
    public string? MessageType { get; init; }

    public string? TypeFrom { get; init; }
    public string? TypeName { get; init; }

    /// <summary>What (topic, group) are without regard to configuration: handlers with the same one share a lane's messages.</summary>
    public (string Topic, string? Group, string Transport) Subscription => (Topic, Group, Transport ?? "default");

    public string EffectiveOrdering => Ordering ?? "Lane";

    public string EffectiveCommit => Commit ?? "Watermark";
}

/// <summary>What [Retry] says. Null is what nobody wrote.</summary>
internal sealed record RetryModel
{
    public int? Attempts { get; init; }

    /// <summary>Ticks.</summary>
    public long? Delay { get; init; }

    public string? Backoff { get; init; }

    /// <summary>Ticks.</summary>
    public long? MaxDelay { get; init; }

    public bool? Jitter { get; init; }

    /// <summary>Types of exceptions, as C# spells them.</summary>
    public EquatableArray<string> On { get; init; }

    /// <summary>Types of exceptions, as C# spells them.</summary>
    public EquatableArray<string> Except { get; init; }

    public string? Pipeline { get; init; }
}

/// <summary>How many messages a call takes, and in what form.</summary>
internal enum BatchShape
{
    /// <summary>One.</summary>
    None,

    /// <summary><c>IReadOnlyList&lt;T&gt;</c>.</summary>
    Payloads,

    /// <summary><c>IReadOnlyList&lt;Message&lt;T&gt;&gt;</c>.</summary>
    Messages,
}
