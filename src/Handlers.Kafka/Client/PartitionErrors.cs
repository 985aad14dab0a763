using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Which of Kafka's errors pass by themselves (librdkafka tries again: a broker is away, a leader changes), and which do not, with the remedy.
/// </summary>
internal static class PartitionErrors
{
    /// <summary>Whether a lane's position is not in the log any more.</summary>
    public static bool IsLostPosition(Error error) => error.Code is ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange;

    /// <summary>Whether no waiting helps.</summary>
    public static bool Ends(Error error) => error.IsFatal || HasRemedy(error);

    /// <summary>Whether somebody must do something first.</summary>
    public static bool HasRemedy(Error error) => Remedy(error.Code) is not null;

    /// <summary>The error for the caller: transient where the same call may succeed later.</summary>
    public static TransportException Failed(Error error, string doing = "Kafka reports", Exception? inner = null) =>
        new($"{doing}: {error.Reason} ({error.Code}).{(Remedy(error.Code) is { } remedy ? " " + remedy : "")}", inner) { IsTransient = !Ends(error), Kind = KindOf(error) };

    private static TransportErrorKind KindOf(Error error) => error.Code switch
    {
        _ when IsLostPosition(error) => TransportErrorKind.Positions,
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition or ErrorCode.TopicException => TransportErrorKind.Topic,
        ErrorCode.TopicAuthorizationFailed or ErrorCode.GroupAuthorizationFailed or ErrorCode.ClusterAuthorizationFailed or ErrorCode.TransactionalIdAuthorizationFailed
            or ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication or ErrorCode.Local_Ssl => TransportErrorKind.Access,
        _ => TransportErrorKind.Request,
    };

    private static string? Remedy(ErrorCode code) => code switch
    {
        ErrorCode.Local_AutoOffsetReset or ErrorCode.OffsetOutOfRange => "The committed position is not in the log any more: retention deleted it, or the topic was made anew. Set OnLostPosition to go on elsewhere, or move the group's position.",
        ErrorCode.TopicAuthorizationFailed => "Grant this client Read and Describe (to publish: Write) on the topic.",
        ErrorCode.GroupAuthorizationFailed => "Grant this client Read on the group.",
        ErrorCode.ClusterAuthorizationFailed => "Grant this client IdempotentWrite on the cluster.",
        ErrorCode.TransactionalIdAuthorizationFailed => "Grant this client Write on the transactional id.",
        ErrorCode.SaslAuthenticationFailed or ErrorCode.Local_Authentication => "Check the SASL mechanism, user and password.",
        ErrorCode.Local_Ssl => "Check the certificates, ssl.ca.location and that the listener speaks TLS.",
        ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition => "The topic or partition does not exist; was it deleted?",
        ErrorCode.TopicException => "Letters, digits, '.', '_' and '-' are allowed in a topic's name, up to 249 of them.",
        ErrorCode.MsgSizeTooLarge => "Raise message.max.bytes here and at the topic, or publish less at once.",
        ErrorCode.RecordListTooLarge => "Lower batch.size, or raise the broker's segment.bytes.",
        ErrorCode.Local_BadMsg or ErrorCode.Local_BadCompression or ErrorCode.InvalidMsg => "A message in the log is damaged, or compressed by a codec that this build of librdkafka lacks.",
        ErrorCode.UnsupportedVersion or ErrorCode.Local_UnsupportedFeature => "The broker is too old for this.",
        ErrorCode.FencedInstanceId => "Another process uses the same group.instance.id: each process needs its own.",
        ErrorCode.InconsistentGroupProtocol => "Other members of the group use another partition.assignment.strategy; eager and cooperative ones do not mix.",
        ErrorCode.InvalidSessionTimeout => "The broker allows a session.timeout.ms between its group.min.session.timeout.ms and group.max.session.timeout.ms.",
        ErrorCode.GroupMaxSizeReached => "The group has as many members as the broker allows (group.max.size).",
        ErrorCode.InvalidGroupId => "The group's name is not allowed.",
        _ => null,
    };
}
