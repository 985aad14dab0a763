namespace Handlers;

/// <summary>Which messages of a (topic, group) may be handled at the same time.</summary>
public enum Ordering
{
    /// <summary>One at a time in each lane, in the order of the lane. Lanes run beside each other.</summary>
    Lane,

    /// <summary>
    /// One at a time per key, in the order of the lane; keys run beside each other, up to <see cref="StreamHandlerAttribute.Concurrency"/>
    /// at once. A key whose handler is stuck holds back itself alone (and the watermark). Messages without a key have no order.
    /// </summary>
    Key,

    /// <summary>Any order, up to <see cref="StreamHandlerAttribute.Concurrency"/> at once.</summary>
    None,
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

    /// <summary>
    /// What a message's handling publishes (<see cref="PublishToAttribute"/>, dead letters) and its position become durable together, or
    /// neither: each result is there once, whatever crashes. Every <see cref="HandlersOptions.TransactionInterval"/>. Not with
    /// <see cref="Ordering.None"/>, and only where the transport has transactions: Kafka, the embedded log.
    /// </summary>
    Transaction,
}

/// <summary>What becomes of a message that cannot be unpacked, or that lacks what the handler requires.</summary>
public enum InvalidMessage
{
    /// <summary><see cref="DeadLetter"/> where the handler names a topic for them, otherwise <see cref="Skip"/>.</summary>
    Default,

    /// <summary>It is counted, logged with its position and skipped. The watermark advances.</summary>
    Skip,

    /// <summary>The subscription stops with the message uncommitted, and the host with it.</summary>
    Stop,

    /// <summary>It is published to the handler's <see cref="DeadLetterAttribute"/> topic, and is final when that is acknowledged.</summary>
    DeadLetter,
}

/// <summary>What becomes of a message whose handler threw or ran out of time.</summary>
public enum FailedHandler
{
    /// <summary>
    /// <see cref="DeadLetter"/> where the handler names a topic for them; otherwise <see cref="Stop"/>, or with <see cref="Commit.OnRead"/>,
    /// where the message is committed already, <see cref="Skip"/>.
    /// </summary>
    Default,

    /// <summary>
    /// The subscription stops with the message uncommitted, and the host stops with a non-zero exit code. The message
    /// comes again at the next start.
    /// </summary>
    Stop,

    /// <summary>It is counted, logged with its position and skipped. The watermark advances.</summary>
    Skip,

    /// <summary>It is published to the handler's <see cref="DeadLetterAttribute"/> topic, and is final when that is acknowledged.</summary>
    DeadLetter,
}

/// <summary>What becomes of a message whose type no handler of its topic and group takes.</summary>
public enum UnmatchedType
{
    /// <summary>It is counted and skipped. The watermark advances.</summary>
    Skip,

    /// <summary>The subscription stops with the message uncommitted, and the host with it.</summary>
    Stop,

    /// <summary>It is published to the <see cref="DeadLetterAttribute"/> topic of the handlers.</summary>
    DeadLetter,
}

/// <summary>Where a message says of which type it is, for handlers that share a topic and a group.</summary>
public enum TypeSource
{
    /// <summary>In a header, by default the one named <c>type</c>.</summary>
    Header,

    /// <summary>
    /// In the CloudEvents attribute <c>type</c>: the header <c>ce_type</c> of the binary mode (CloudEvents Kafka binding 1.0.2, 3.2), or
    /// the member <c>type</c> of the JSON of the structured mode.
    /// </summary>
    CloudEvents,

    /// <summary>In a member of the JSON body, by default <c>$type</c>, System.Text.Json's discriminator of polymorphic types.</summary>
    Json,
}

/// <summary>A point in the table of deliveries that has a name. What is written beside it goes before it.</summary>
public enum Preset
{
    /// <summary>None: every setting has its own default.</summary>
    None,

    /// <summary><see cref="Ordering.Lane"/>, <see cref="Commit.EachMessage"/>, <see cref="FailedHandler.Stop"/> (where the handler has no <see cref="DeadLetterAttribute"/>): one after the other, each durable before the next.</summary>
    InOrder,

    /// <summary><see cref="Ordering.None"/>, <see cref="Commit.Watermark"/>: as many at once as <see cref="StreamHandlerAttribute.Concurrency"/> says.</summary>
    Fast,
}

/// <summary>How the pause between attempts grows.</summary>
public enum Backoff
{
    /// <summary>It doubles.</summary>
    Exponential,

    /// <summary>It grows by the first pause each time.</summary>
    Linear,

    /// <summary>It stays as it is.</summary>
    Constant,
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
