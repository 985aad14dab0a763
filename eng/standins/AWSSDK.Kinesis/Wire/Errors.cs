using Amazon.Kinesis.Model;
using Amazon.Runtime.Internal;

namespace Amazon.Kinesis.Wire;

/// <summary>An error's class by its code.</summary>
internal static class Errors
{
    /// <param name="error">What the service answered.</param>
    /// <param name="declared">Whether the operation names this error; one that it does not name has no class.</param>
    public static AmazonKinesisException Of(ErrorResponse error, bool declared)
    {
        var (message, inner, type, code, request, status) = (error.Message, error.InnerException, error.Type, error.Code, error.RequestId, error.StatusCode);
        return (declared ? code : null) switch
        {
            "AccessDeniedException" => new AccessDeniedException(message, inner, type, code, request, status),
            "ExpiredIteratorException" => new ExpiredIteratorException(message, inner, type, code, request, status),
            "ExpiredNextTokenException" => new ExpiredNextTokenException(message, inner, type, code, request, status),
            "InternalFailureException" => new InternalFailureException(message, inner, type, code, request, status),
            "InvalidArgumentException" => new InvalidArgumentException(message, inner, type, code, request, status),
            "KMSAccessDeniedException" => new KMSAccessDeniedException(message, inner, type, code, request, status),
            "KMSDisabledException" => new KMSDisabledException(message, inner, type, code, request, status),
            "KMSInvalidStateException" => new KMSInvalidStateException(message, inner, type, code, request, status),
            "KMSNotFoundException" => new KMSNotFoundException(message, inner, type, code, request, status),
            "KMSOptInRequired" => new KMSOptInRequiredException(message, inner, type, code, request, status),
            "KMSThrottlingException" => new KMSThrottlingException(message, inner, type, code, request, status),
            "LimitExceededException" => new LimitExceededException(message, inner, type, code, request, status),
            "ProvisionedThroughputExceededException" => new ProvisionedThroughputExceededException(message, inner, type, code, request, status),
            "ResourceInUseException" => new ResourceInUseException(message, inner, type, code, request, status),
            "ResourceNotFoundException" => new ResourceNotFoundException(message, inner, type, code, request, status),
            "ValidationException" => new ValidationException(message, inner, type, code, request, status),
            _ => new AmazonKinesisException(message, inner, type, code, request, status),
        };
    }
}
