namespace Handlers;

/// <summary>
/// Calls the handler again when it failed, with pauses, before the failure counts (<see cref="StreamHandlerAttribute.OnFailure"/>).
/// The message's lane waits meanwhile, with <see cref="Ordering.Key"/> its key alone, with <see cref="Ordering.None"/> nothing else;
/// the consumer never. Invalid messages are not tried again.
/// </summary>
/// <remarks>Lengths of time are texts such as <c>200ms</c>, <c>5s</c>, <c>10m</c> (<see cref="Duration"/>).</remarks>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class RetryAttribute : Attribute
{
    /// <summary>How often the handler is called at most, the first time included. Default 3; at least 2.</summary>
    public int Attempts { get; init; }

    /// <summary>The first pause. Default <c>1s</c>.</summary>
    public string? Delay { get; init; }

    /// <summary>How the pause grows. Default: it doubles.</summary>
    public Backoff Backoff { get; init; }

    /// <summary>The longest pause. Default <c>30s</c>.</summary>
    public string? MaxDelay { get; init; }

    /// <summary>Whether chance shortens and lengthens pauses, so that failures of one cause do not come back together. Default true.</summary>
    public bool Jitter { get; init; } = true;

    /// <summary>Only exceptions of these types (and derived ones) are tried again. Default: every one.</summary>
    public Type[]? On { get; init; }

    /// <summary>Exceptions of these types (and derived ones) are not tried again.</summary>
    public Type[]? Except { get; init; }

    /// <summary>
    /// A named pipeline instead: one that the application added (<c>HandlersBuilder.AddPipeline</c>), or the settings of this attribute
    /// under <c>Handlers:Pipelines:{name}</c> in the configuration.
    /// </summary>
    public string? Pipeline { get; init; }
}

/// <summary>
/// Publishes a message whose handler failed to a topic of its own for each pause, from which it comes again when the pause is over,
/// and so holds up nothing meanwhile. Breaks order: with <see cref="Ordering.None"/> only.
/// </summary>
/// <remarks>
/// The topics are <c>{topic}.{group}.retry.{delay}</c>, at the same transport. After the last one the failure counts
/// (<see cref="StreamHandlerAttribute.OnFailure"/>).
/// </remarks>
/// <param name="delays">The pauses, in their order: <c>"5s", "1m", "10m"</c>. At least one.</param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class RetryTopicsAttribute(params string[] delays) : Attribute
{
    /// <summary>The pauses, in their order.</summary>
    public IReadOnlyList<string> Delays { get; } = delays;
}

/// <summary>
/// Publishes messages that are invalid, or whose handler failed for good, to a topic, with their raw key, body and headers and with what
/// there is to know of them (<see cref="DeadLetterHeaders"/>). The message is final when that is acknowledged; while it cannot be
/// published, the lane pauses.
/// </summary>
/// <param name="topic">The topic. <c>Handlers:Topics:{topic}</c> maps it per environment.</param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class DeadLetterAttribute(string topic) : Attribute
{
    /// <summary>The topic, as declared.</summary>
    public string Topic { get; } = topic;
}

/// <summary>
/// For a handler of lists, <c>IReadOnlyList&lt;T&gt;</c> or <c>IReadOnlyList&lt;Message&lt;T&gt;&gt;</c>: how many messages are
/// handled with one call, and how long the first waits for the others. A parameter of type <see cref="BatchContext"/> fails single items.
/// </summary>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class BatchAttribute : Attribute
{
    /// <summary>The most messages in one call. Default 100.</summary>
    public int Size { get; init; }

    /// <summary>The longest that the first message waits for others, such as <c>500ms</c>. Default <c>1s</c>.</summary>
    public string? Time { get; init; }
}

/// <summary>Pauses the handler's lanes while a health check of the application is unhealthy: no message is tried against what is down.</summary>
/// <param name="healthCheck">The name that the health check is registered by.</param>
[AttributeUsage(AttributeTargets.Method, Inherited = false)]
public sealed class CircuitBreakerAttribute(string healthCheck) : Attribute
{
    /// <summary>The name that the health check is registered by.</summary>
    public string HealthCheck { get; } = healthCheck;
}
