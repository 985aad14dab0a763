namespace Handlers;

/// <summary>What became of a message.</summary>
public enum OutcomeKind
{
    /// <summary>Nothing yet: the call was cut short by a stop, and the message comes again.</summary>
    None,

    /// <summary>Final: the handler returned.</summary>
    Handled,

    /// <summary>Final: it was invalid or its handler failed, and the policy says go on.</summary>
    Skipped,

    /// <summary>Not final: the message stays uncommitted.</summary>
    Failed,

    /// <summary>Final: it was published to the dead-letter topic, and that is acknowledged.</summary>
    DeadLettered,

    /// <summary>Final for its lane: it was published to a retry topic, and that is acknowledged. It comes again from there.</summary>
    Deferred,
}
