using Amazon.DynamoDBv2.Model;
using Amazon.Runtime;

namespace Handlers.Kinesis;

/// <summary>What DynamoDB's errors mean for leases, with their remedies.</summary>
internal static class DynamoErrors
{
    /// <summary>Whether it is an answer or failure of the service, which <see cref="Of"/> says in our words.</summary>
    public static bool IsOurs(Exception error) => error is AmazonServiceException or AmazonClientException or HttpRequestException or IOException or TimeoutException;

    /// <param name="error">What was thrown.</param>
    /// <param name="what">What was tried, such as <c>write the lease of shard x</c>.</param>
    /// <param name="table">The table.</param>
    public static TransportException Of(Exception error, string what, string table)
    {
        var code = (error as AmazonServiceException)?.ErrorCode ?? "";
        var remedy = error switch
        {
            ResourceNotFoundException => "the table is missing; it is made at the start, so it was deleted since",
            ProvisionedThroughputExceededException or RequestLimitExceededException or LimitExceededException or ThrottlingException => "it is throttled; give the table more capacity, or PAY_PER_REQUEST",
            _ when code is "ThrottlingException" or "Throttling" => "it is throttled; give the table more capacity, or PAY_PER_REQUEST",
            _ when code is "AccessDeniedException" or "UnrecognizedClientException" or "InvalidSignatureException" or "MissingAuthenticationTokenException" =>
                "check the credentials, and that they allow DescribeTable, CreateTable, Scan, GetItem, PutItem, UpdateItem and DeleteItem on it",
            _ => "check the address, the network and the credentials",
        };
        return new TransportException($"DynamoDB did not {what} (table '{table}'): {remedy}. {code} {error.Message}".TrimEnd(), error) { IsTransient = IsTransient(error, code), Kind = TransportErrorKind.Positions };
    }

    private static bool IsTransient(Exception error, string code) => error switch
    {
        ProvisionedThroughputExceededException or RequestLimitExceededException or LimitExceededException or ThrottlingException or InternalServerErrorException
            or ResourceInUseException or TransactionConflictException or ReplicatedWriteConflictException => true,
        AmazonServiceException service => code is "ThrottlingException" or "Throttling" or "ServiceUnavailable" or "InternalServerError" or "RequestTimeout"
            || (int)service.StatusCode is 0 or 429 or >= 500,
        _ => true, // the client itself: a connection, a credential that is being renewed
    };
}
