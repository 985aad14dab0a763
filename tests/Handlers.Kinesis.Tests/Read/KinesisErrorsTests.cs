using System.Net;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;

namespace Handlers.Kinesis.Tests;

public sealed class KinesisErrorsTests
{
    private static readonly KinesisCall Call = new("GetRecords", "papers", "shardId-000000000001");

    [Theory]
    [InlineData("ResourceNotFoundException", (int)KinesisErrorKind.Missing)]
    [InlineData("ProvisionedThroughputExceededException", (int)KinesisErrorKind.Throttled)]
    [InlineData("LimitExceededException", (int)KinesisErrorKind.Throttled)]
    [InlineData("KMSThrottlingException", (int)KinesisErrorKind.Throttled)]
    [InlineData("InternalFailure", (int)KinesisErrorKind.Unavailable)]
    [InlineData("ServiceUnavailable", (int)KinesisErrorKind.Unavailable)]
    [InlineData("InvalidArgumentException", (int)KinesisErrorKind.Invalid)]
    [InlineData("ExpiredIteratorException", (int)KinesisErrorKind.ExpiredIterator)]
    [InlineData("ExpiredNextTokenException", (int)KinesisErrorKind.ExpiredToken)]
    [InlineData("ResourceInUseException", (int)KinesisErrorKind.InUse)]
    [InlineData("AccessDeniedException", (int)KinesisErrorKind.Denied)]
    [InlineData("KMSDisabledException", (int)KinesisErrorKind.Encryption)]
    [InlineData("UnrecognizedClientException", (int)KinesisErrorKind.Credentials)]
    [InlineData("InvalidSignatureException", (int)KinesisErrorKind.Credentials)]
    [InlineData("ExpiredTokenException", (int)KinesisErrorKind.Credentials)]
    [InlineData("SomethingElse", (int)KinesisErrorKind.Other)]
    public void A_code_tells_what_happened(string code, int kind) => Assert.Equal((KinesisErrorKind)kind, KinesisErrors.KindOf(Coded(code, HttpStatusCode.BadRequest)));

    /// <summary>arXiv's consumer has StreamNotAvailable, ConfigurationError and KinesisRequestFailed.</summary>
    [Theory]
    [InlineData("ResourceNotFoundException", TransportErrorKind.Topic)]
    [InlineData("AccessDeniedException", TransportErrorKind.Access)]
    [InlineData("UnrecognizedClientException", TransportErrorKind.Access)]
    [InlineData("KMSDisabledException", TransportErrorKind.Access)]
    [InlineData("InvalidArgumentException", TransportErrorKind.Request)]
    [InlineData("InternalFailure", TransportErrorKind.Request)]
    public void Users_are_told_what_it_is_about(string code, TransportErrorKind kind) => Assert.Equal(kind, KinesisErrors.Of(Coded(code, HttpStatusCode.BadRequest), Call).Kind);

    [Fact]
    public void So_does_a_type_without_a_code()
    {
        Assert.Equal(KinesisErrorKind.ExpiredIterator, KinesisErrors.KindOf(new ExpiredIteratorException("old")));
        Assert.Equal(KinesisErrorKind.Missing, KinesisErrors.KindOf(new ResourceNotFoundException("none")));
    }

    [Theory]
    [InlineData(500, (int)KinesisErrorKind.Unavailable)]
    [InlineData(503, (int)KinesisErrorKind.Unavailable)]
    [InlineData(429, (int)KinesisErrorKind.Throttled)]
    [InlineData(403, (int)KinesisErrorKind.Denied)]
    public void An_unknown_code_goes_by_its_status(int status, int kind) => Assert.Equal((KinesisErrorKind)kind, KinesisErrors.KindOf(Coded("Odd", (HttpStatusCode)status)));

    [Fact]
    public void What_the_network_does_is_transient()
    {
        foreach (var e in new Exception[] { new HttpRequestException("refused"), new IOException("reset"), new TaskCanceledException("timeout"), new AmazonClientException("odd", new HttpRequestException("refused")) })
        {
            Assert.Equal(KinesisErrorKind.Unavailable, KinesisErrors.KindOf(e));
            Assert.True(KinesisErrors.Of(e, Call).IsTransient);
        }
    }

    [Fact]
    public void A_certificate_that_is_not_trusted_is_not_tried_again()
    {
        var e = KinesisErrors.Of(new HttpRequestException("The SSL connection could not be established.", new System.Security.Authentication.AuthenticationException("UntrustedRoot")), Call);
        Assert.False(e.IsTransient);
        Assert.Contains("set VerifyTls to false where it is an emulator's. UntrustedRoot", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_clock_that_is_off_is_no_wrong_key() =>
        Assert.Equal(KinesisErrorKind.Unavailable, KinesisErrors.KindOf(new AmazonKinesisException("Signature expired: 20261123 is now earlier than 20261124", ErrorType.Sender, "InvalidSignatureException", "r", HttpStatusCode.BadRequest)));

    [Fact]
    public void The_text_of_a_wrong_signature_is_kept_out()
    {
        var e = KinesisErrors.Of(new AmazonKinesisException("The Canonical String should have been x-amz-security-token:SECRET", ErrorType.Sender, "InvalidSignatureException", "r", HttpStatusCode.Forbidden), Call);
        Assert.DoesNotContain("SECRET", e.ToString(), StringComparison.Ordinal);
        Assert.Contains("InvalidSignatureException", e.Message, StringComparison.Ordinal);
        Assert.Contains("GetRecords for stream 'papers', shard 'shardId-000000000001' failed", e.Message, StringComparison.Ordinal);
        Assert.False(e.IsTransient);
    }

    [Fact]
    public void No_credentials_are_told_from_wrong_ones() =>
        Assert.Contains("There are no credentials: set AWS_ACCESS_KEY_ID", KinesisErrors.Of(new AmazonClientException("Failed to resolve AWS credentials."), Call).Message, StringComparison.Ordinal);

    [Fact]
    public void A_denial_names_the_action() =>
        Assert.Contains("must allow kinesis:GetRecords on stream 'papers'", KinesisErrors.Of(Coded("AccessDeniedException", HttpStatusCode.BadRequest), Call).Message, StringComparison.Ordinal);

    [Fact]
    public void What_the_service_refuses_is_refused()
    {
        var e = KinesisErrors.Of(Coded("InvalidArgumentException", HttpStatusCode.BadRequest), Call);
        Assert.True(e.IsRefused);
        Assert.False(e.IsTransient);
        Assert.True(KinesisErrors.Of(Coded("ProvisionedThroughputExceededException", HttpStatusCode.BadRequest), Call).IsTransient);
    }

    private static AmazonKinesisException Coded(string code, HttpStatusCode status) => new("said so", ErrorType.Sender, code, "request", status);
}
