namespace Handlers;

/// <summary>
/// The headers that a dead letter and a message in a retry topic carry beside those of the message itself. Texts in UTF-8. They are
/// read from topics that the runtime writes, never from the topics that handlers declare: anybody may publish there.
/// </summary>
public static class DeadLetterHeaders
{
    /// <summary>What each of them begins with.</summary>
    public const string Prefix = "handlers-";

    /// <summary><c>topic/partition@position</c> of the message when it was first read: the same however often it arrives.</summary>
    public const string Id = "handlers-id";

    /// <summary>The topic that it was first read from.</summary>
    public const string Topic = "handlers-topic";

    /// <summary>The partition or shard that it was first read from.</summary>
    public const string Lane = "handlers-lane";

    /// <summary>Its position there.</summary>
    public const string Position = "handlers-position";

    /// <summary>The group that could not handle it.</summary>
    public const string Group = "handlers-group";

    /// <summary>The handler that could not.</summary>
    public const string Handler = "handlers-handler";

    /// <summary>How often the handler was called with it; 0 for an invalid message.</summary>
    public const string Attempts = "handlers-attempts";

    /// <summary>The type of the last exception.</summary>
    public const string Exception = "handlers-exception";

    /// <summary>Its message, of which the first 1,000 characters.</summary>
    public const string Reason = "handlers-reason";

    /// <summary>When it was published here, in ISO 8601, UTC.</summary>
    public const string Time = "handlers-time";

    /// <summary>When it was published to its first topic, in ISO 8601, UTC.</summary>
    public const string Published = "handlers-published";

    /// <summary>How often it was put back from the dead letters.</summary>
    public const string Redriven = "handlers-redriven";
}
