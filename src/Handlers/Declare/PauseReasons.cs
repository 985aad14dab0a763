namespace Handlers;

/// <summary>Why a lane is paused. Several reasons may hold at once; it goes on when none does.</summary>
[Flags]
public enum PauseReasons
{
    /// <summary>It is not.</summary>
    None = 0,

    /// <summary>Somebody said so.</summary>
    Asked = 1,

    /// <summary>The health check of its circuit breaker is unhealthy.</summary>
    CircuitBreaker = 2,

    /// <summary>A dead letter, or a message for a retry topic, cannot be published.</summary>
    CannotPublish = 4,
}
