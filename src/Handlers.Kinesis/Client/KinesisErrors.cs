using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Amazon.Runtime;

namespace Handlers.Kinesis;

/// <summary>The call that failed, for errors.</summary>
/// <param name="Action">The operation, as policies name it without their prefix: <c>GetRecords</c>.</param>
/// <param name="Stream">The stream; null where none is named.</param>
/// <param name="Shard">The shard.</param>
/// <param name="Position">Where in the shard.</param>
internal readonly record struct KinesisCall(string Action, string? Stream, string? Shard = null, string? Position = null)
{
    public override string ToString() =>
        Action + (Stream is null ? "" : $" for stream '{Stream}'") + (Shard is null ? "" : $", shard '{Shard}'") + (Position is null ? "" : $", at {Position}");
}

/// <summary>Errors of the SDK as errors of the transport. By code, since an operation that does not know a code gives the base exception with it.</summary>
internal static class KinesisErrors
{
    /// <summary>What happened.</summary>
    public static KinesisErrorKind KindOf(Exception? e) => e switch
    {
        AmazonServiceException service => KindOf(service),
        AuthenticationException or HttpRequestException { InnerException: AuthenticationException } => KinesisErrorKind.Untrusted,
        HttpRequestException or IOException or SocketException or TimeoutException or OperationCanceledException => KinesisErrorKind.Unavailable,
        AmazonClientException when e.Message.Contains("credential", StringComparison.OrdinalIgnoreCase) => KinesisErrorKind.Credentials,
        { InnerException: { } inner } => KindOf(inner),
        _ => KinesisErrorKind.Other,
    };

    /// <summary>What it means for one call: what is being changed lists no shards for a moment.</summary>
    public static KinesisErrorKind KindOf(Exception? e, KinesisCall call) =>
        KindOf(e) is var kind && kind == KinesisErrorKind.InUse && call.Action == "ListShards" ? KinesisErrorKind.Unavailable : kind;

    /// <summary>Credentials that whoever gives them out may have renewed by the next call, where they had worked.</summary>
    public static bool MayBeRenewed(Exception e) => e is AmazonServiceException service ? CodeOf(service) is "ExpiredToken" or "ExpiredTokenException" : e is AmazonClientException;

    /// <summary>The service's text on a wrong signature quotes the signed headers, a session token among them: it is kept out, with the exception.</summary>
    public static bool IsTelling(Exception? e) => e switch
    {
        null => false,
        AmazonServiceException service when CodeOf(service) is "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignature" or "IncompleteSignatureException" or "AuthFailure" => true,
        _ => IsTelling(e.InnerException),
    };

    /// <summary>Its text, where that may be told.</summary>
    public static string Text(Exception e) => IsTelling(e) ? "" : e.Message;

    /// <summary>What was made of it, looked at again.</summary>
    public static bool Is(this TransportException e, KinesisErrorKind kind) => e.InnerException is { } inner && KindOf(inner) == kind;

    /// <summary>The error to throw, which names the call and the remedy.</summary>
    public static TransportException Of(Exception e, KinesisCall call)
    {
        if (e is TransportException transport) return transport;
        var kind = KindOf(e, call);
        return new TransportException($"{call} failed. {Reason(e, kind, call)}".TrimEnd(), IsTelling(e) ? null : e)
        {
            IsTransient = kind is KinesisErrorKind.Throttled or KinesisErrorKind.Unavailable,
            IsRefused = kind == KinesisErrorKind.Invalid,
            Kind = kind switch
            {
                KinesisErrorKind.Missing => TransportErrorKind.Topic,
                KinesisErrorKind.Credentials or KinesisErrorKind.Denied or KinesisErrorKind.Untrusted or KinesisErrorKind.Encryption => TransportErrorKind.Access,
                _ => TransportErrorKind.Request,
            },
        };
    }

    /// <summary>The service's name for it.</summary>
    public static string Code(Exception e) => e switch
    {
        AmazonServiceException service => CodeOf(service),
        { InnerException: AmazonServiceException service } => CodeOf(service), // an event of a subscription
        _ => e.GetType().Name,
    };

    /// <summary>The kind that a code alone tells, as a record of PutRecords has it.</summary>
    public static KinesisErrorKind KindOf(string code) => code switch
    {
        "ResourceNotFoundException" => KinesisErrorKind.Missing,
        "ProvisionedThroughputExceededException" or "KMSThrottlingException" or "LimitExceededException" or "ThrottlingException" or "Throttling"
            or "ThrottledException" or "RequestThrottled" or "RequestThrottledException" or "RequestLimitExceeded" or "TooManyRequestsException" or "SlowDown" => KinesisErrorKind.Throttled,
        "InternalFailure" or "InternalFailureException" or "InternalError" or "InternalServerError" or "ServiceUnavailable" or "ServiceUnavailableException"
            or "RequestTimeout" or "RequestTimeoutException" or "AmazonUnmarshallingException" => KinesisErrorKind.Unavailable,
        "InvalidArgumentException" or "ValidationException" or "ValidationError" or "SerializationException" => KinesisErrorKind.Invalid,
        "ExpiredIteratorException" => KinesisErrorKind.ExpiredIterator,
        "ExpiredNextTokenException" => KinesisErrorKind.ExpiredToken,
        "ResourceInUseException" => KinesisErrorKind.InUse,
        "AccessDeniedException" or "AccessDenied" or "UnauthorizedOperation" or "NotAuthorized" => KinesisErrorKind.Denied,
        "UnrecognizedClientException" or "InvalidClientTokenId" or "InvalidAccessKeyId" or "InvalidSignatureException" or "SignatureDoesNotMatch" or "IncompleteSignature"
            or "IncompleteSignatureException" or "MissingAuthenticationToken" or "MissingAuthenticationTokenException" or "ExpiredToken" or "ExpiredTokenException"
            or "AuthFailure" => KinesisErrorKind.Credentials,
        _ when code.StartsWith("KMS", StringComparison.Ordinal) => KinesisErrorKind.Encryption,
        _ => KinesisErrorKind.Other,
    };

    private static KinesisErrorKind KindOf(AmazonServiceException e)
    {
        var kind = KindOf(CodeOf(e));
        // A clock that is off: KinesisClient has corrected it by the answer and asked again; whatever other clients do, it is no wrong key.
        if (kind == KinesisErrorKind.Credentials && e.Message is { } text
            && (text.Contains("Signature expired", StringComparison.OrdinalIgnoreCase) || text.Contains("not yet current", StringComparison.OrdinalIgnoreCase))) return KinesisErrorKind.Unavailable;
        if (kind != KinesisErrorKind.Other) return kind;
        if (CodeOf(e) is "RequestTimeTooSkewed" or "RequestExpired" or "RequestInTheFuture") return KinesisErrorKind.Unavailable;
        if (e.StatusCode == HttpStatusCode.TooManyRequests) return KinesisErrorKind.Throttled;
        if ((int)e.StatusCode >= 500 || e.StatusCode == HttpStatusCode.RequestTimeout) return KinesisErrorKind.Unavailable;
        if (e.StatusCode is HttpStatusCode.Forbidden or HttpStatusCode.Unauthorized) return KinesisErrorKind.Denied;
        kind = e.InnerException is { } inner ? KindOf(inner) : KinesisErrorKind.Other;
        // No code and no status: no service has answered. Most often what gives credentials out was asked in vain, as ECS's and EKS's agent while it starts anew.
        return kind == KinesisErrorKind.Other && string.IsNullOrEmpty(e.ErrorCode) && e.StatusCode == 0 && e.GetType() == typeof(AmazonServiceException) ? KinesisErrorKind.Unavailable : kind;
    }

    // An exception of a type of its own may lack the code: its name is the code.
    private static string CodeOf(AmazonServiceException e) => string.IsNullOrEmpty(e.ErrorCode) ? e.GetType().Name : e.ErrorCode;

    private static string Reason(Exception e, KinesisErrorKind kind, KinesisCall call) => kind switch
    {
        KinesisErrorKind.Missing => call.Shard is null
            ? $"Stream '{call.Stream}' does not exist in this account and region: make it, {(call.Action == "PutRecords" ? "" : "set CreateStreams, ")}or correct the name, the region or the endpoint."
            : $"The stream or the shard does not exist (any more): {Text(e)}",
        KinesisErrorKind.Credentials when e is AmazonServiceException =>
            $"The credentials are wrong or have expired ({Code(e)}). Check the access key, the secret key, the session token and this machine's clock; the SDK's own chain is asked where no key is set. {Text(e)}",
        KinesisErrorKind.Credentials =>
            $"There are no credentials: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or give this machine a profile or a role. {Text(e)}",
        KinesisErrorKind.Denied => $"The credentials do not allow it: their policy must allow kinesis:{call.Action}{(call.Stream is null ? "" : $" on stream '{call.Stream}'")}. {Text(e)}",
        KinesisErrorKind.Untrusted => $"The endpoint's certificate is not trusted: correct the endpoint, or set VerifyTls to false where it is an emulator's. {(e.InnerException ?? e).Message}",
        KinesisErrorKind.Throttled => $"The service refuses so many calls or bytes ({Code(e)}): {Text(e)}",
        KinesisErrorKind.Unavailable => $"The service did not answer as it should ({Code(e)}): {Text(e)}",
        KinesisErrorKind.Invalid => $"The service refuses what was asked for: {Text(e)}",
        KinesisErrorKind.InUse => $"The stream is being made, changed or removed: {Text(e)}",
        KinesisErrorKind.Encryption => $"The stream's encryption key cannot be used ({Code(e)}): {Text(e)}",
        _ => $"{Code(e)}: {Text(e)}",
    };
}
