using System.Net;
using Amazon.Kinesis;
using Amazon.Runtime;

namespace Handlers.Kinesis.Tests;

/// <summary>Credentials that an agent or a role renews are away for a moment, or have just expired: that passes.</summary>
public sealed class CredentialsAwayTests : KinesisUnitTest
{
    private static readonly KinesisCall Call = new("GetRecords", "papers");

    /// <summary>As GenericContainerCredentials of the SDK throws it, which ECS and EKS use: no code, no status, no inner exception.</summary>
    private static AmazonServiceException AgentIsAway => new("Unable to retrieve credentials. Message = \"Connection refused (169.254.170.23:80)\"");

    private static AmazonKinesisException Expired => new("The security token included in the request is expired", ErrorType.Sender, "ExpiredTokenException", "r", HttpStatusCode.BadRequest);

    [Fact]
    public void An_agent_of_credentials_that_does_not_answer_is_tried_again_and_says_why()
    {
        Assert.Equal(KinesisErrorKind.Unavailable, KinesisErrors.KindOf(AgentIsAway));
        var e = KinesisErrors.Of(AgentIsAway, Call);
        Assert.True(e.IsTransient);
        Assert.Contains("Connection refused (169.254.170.23:80)", e.Message, StringComparison.Ordinal);
        Assert.NotNull(e.InnerException);
    }

    [Fact]
    public async Task It_is_away_for_a_moment_and_the_call_is_made_again()
    {
        Service.Add("s");
        Service.Fail("ListShards", AgentIsAway, 3);
        Assert.Single(await Streams.ShardsAsync("s", default));
        Assert.Contains("Connection refused", Log.All, StringComparison.Ordinal);
    }

    [Fact]
    public void Only_the_text_of_a_signature_is_kept_out()
    {
        var expired = KinesisErrors.Of(Expired, Call);
        Assert.Contains("ExpiredTokenException", expired.Message, StringComparison.Ordinal);
        Assert.Contains("The security token included in the request is expired", expired.Message, StringComparison.Ordinal);
        Assert.NotNull(expired.InnerException);
        foreach (var code in new[] { "InvalidSignatureException", "SignatureDoesNotMatch", "IncompleteSignature" })
            Assert.DoesNotContain("SECRET", KinesisErrors.Of(new IOException("odd", new AmazonKinesisException("x-amz-security-token:SECRET", ErrorType.Sender, code, "r", HttpStatusCode.Forbidden)), Call).ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Credentials_that_have_worked_and_expired_are_given_a_few_tries()
    {
        Service.Add("s");
        await Streams.ShardsAsync("s", default);
        foreach (var error in new Exception[] { Expired, new AmazonClientException("Failed to resolve AWS credentials.") })
        {
            Service.Fail("ListShards", error, 2);
            Assert.Single(await Streams.ShardsAsync("s", default));
            Service.Fail("ListShards", error, 5);
            Assert.Equal(TransportErrorKind.Access, (await Assert.ThrowsAsync<TransportException>(async () => await Streams.ShardsAsync("s", default))).Kind);
            // Reading waits for a service that is away, and not for a token that nobody renews.
            Service.Fail("GetRecords", error, 5);
            await Assert.ThrowsAsync<TransportException>(async () => await Calls.RecordsAsync("s", Service.Shard.Id, "i", 1, default));
        }
    }

    [Fact]
    public async Task Credentials_that_never_worked_end_the_start_at_once()
    {
        Service.Add("s");
        foreach (var error in new Exception[] { Expired, new AmazonClientException("Failed to resolve AWS credentials.") })
        {
            Service.Fail("DescribeStreamSummary", error);
            Assert.Equal(TransportErrorKind.Access, (await Assert.ThrowsAsync<TransportException>(async () => await Streams.EnsureAsync("s", null, default))).Kind);
        }

        Assert.Empty(Clock.Waits);
    }
}
