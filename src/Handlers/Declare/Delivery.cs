namespace Handlers;

/// <summary>Which messages of a (topic, group) may be handled at the same time.</summary>
public enum Ordering
{
    /// <summary>One at a time in each lane, in the order of the lane. Lanes run beside each other.</summary>
    Lane,
}

/// <summary>When the position of a (topic, group) becomes durable.</summary>
public enum Commit
{
    /// <summary>
    /// At least once. The watermark is stored as it moves and made durable every
    /// <see cref="HandlersOptions.CommitInterval"/>, when a lane runs dry, when it is handed over, and on stop.
    /// </summary>
    Watermark,

    /// <summary>At least once, and durable before the next message of the lane is dispatched.</summary>
    EachMessage,

    /// <summary>At most once: the end of a batch is durable before its first message is dispatched.</summary>
    OnRead,
}

/// <summary>What becomes of a message that cannot be unpacked, or that lacks what the handler requires.</summary>
public enum InvalidMessage
{
    /// <summary>It is counted, logged with its position and skipped. The watermark advances.</summary>
    Skip,

    /// <summary>The subscription stops with the message uncommitted, and the host with it.</summary>
    Stop,
}

/// <summary>What becomes of a message whose handler threw or ran out of time.</summary>
public enum FailedHandler
{
    /// <summary>
    /// The subscription stops with the message uncommitted, and the host stops with a non-zero exit code. The message
    /// comes again at the next start.
    /// </summary>
    Stop,

    /// <summary>It is counted, logged with its position and skipped. The watermark advances.</summary>
    Skip,
}

/// <summary>Where a lane begins that has no committed position.</summary>
public enum StartFrom
{
    /// <summary>Where the transport says: the embedded log begins at its earliest message.</summary>
    Default,

    /// <summary>The earliest message that the broker still has.</summary>
    Earliest,

    /// <summary>The next message after the assignment.</summary>
    Latest,

    /// <summary>The first message at or after <see cref="StreamHandlerAttribute.StartAt"/>.</summary>
    Time,
}
