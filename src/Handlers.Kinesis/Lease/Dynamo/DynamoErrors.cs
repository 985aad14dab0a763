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
    /// <param name="isRenewed">Credentials that have expired are to be renewed shortly.</param>
    public static TransportException Of(Exception error, string what, string table, bool isRenewed = false)
    {
        var code = (error as AmazonServiceException)?.ErrorCode ?? "";
        var remedy = error switch
        {
            ResourceNotFoundException => "the table is missing; it is made at the start, so it was deleted since",
            LimitExceededException => "the account makes or changes too many tables at once, or has as many as it may: wait, remove some, or have the limit raised",
            ProvisionedThroughputExceededException or RequestLimitExceededException or ThrottlingException => "it is throttled; give the table more capacity, or PAY_PER_REQUEST",
            _ when code is "ThrottlingException" or "Throttling" => "it is throttled; give the table more capacity, or PAY_PER_REQUEST",
            _ when KinesisErrors.KindOf(code) is KinesisErrorKind.Credentials or KinesisErrorKind.Denied =>
                "check the credentials, this machine's clock, and that they allow DescribeTable, CreateTable, Scan, GetItem, PutItem, UpdateItem and DeleteItem on it",
            _ => "check the address, the network and the credentials",
        };
        return new TransportException($"DynamoDB did not {what} (table '{table}'): {remedy}. {code} {KinesisErrors.Text(error)}".TrimEnd(), KinesisErrors.IsTelling(error) ? null : error)
        {
            IsTransient = isRenewed || IsTransient(error, code),
            Kind = TransportErrorKind.Positions,
        };
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
