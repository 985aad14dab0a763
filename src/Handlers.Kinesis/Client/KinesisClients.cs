using System.Diagnostics.CodeAnalysis;
using Amazon;
using Amazon.DynamoDBv2;
using Amazon.Kinesis;
using Amazon.Runtime;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Makes the SDK's clients from options. Whoever asks disposes them.</summary>
internal static class KinesisClients
{
    // A fetch of 10 MiB takes a moment; the SDK's own limit of 100 s would be a lane's silence.
    private static readonly TimeSpan CallTimeout = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan LeaseCallTimeout = TimeSpan.FromSeconds(5);

    /// <summary>An emulator does not care, but a signature needs one.</summary>
    private const string RegionOfEmulators = "us-east-1";

    public static IAmazonKinesis Kinesis(KinesisOptions options, ILogger log)
    {
        if (options.Client is { } make) return make();
        var config = new AmazonKinesisConfig { MaxErrorRetry = 0, MaxStaleConnectionRetries = 0, Timeout = CallTimeout }; // KinesisCalls tries again: a put that the SDK repeats by itself is stored twice. A clock that is off: KinesisClient
        return Made(options, options.Endpoint, config, log, static (credentials, config) => credentials is null ? new KinesisClient(config) : new KinesisClient(credentials, config));
    }

    public static IAmazonDynamoDB DynamoDB(KinesisOptions options, ILogger log)
    {
        if (options.Leases?.Client is { } make) return make();
        var config = new AmazonDynamoDBConfig { MaxStaleConnectionRetries = 0, Timeout = LeaseCallTimeout };
        return Made(options, options.Leases?.Endpoint, config, log, static (credentials, config) => credentials is null ? new AmazonDynamoDBClient(config) : new AmazonDynamoDBClient(credentials, config));
    }

    private static TClient Made<TConfig, TClient>(KinesisOptions options, string? endpoint, TConfig config, ILogger log, Func<AWSCredentials?, TConfig, TClient> make) where TConfig : ClientConfig
    {
        try
        {
            Set(config, options, endpoint, log);
            return make(Credentials(options), config);
        }
        catch (AmazonClientException e)
        {
            throw new TransportException($"The client for '{config.AuthenticationServiceName}' cannot be made: set Region (AWS_REGION), or Endpoint for an emulator. {e.Message}", e);
        }
    }

    private static void Set(ClientConfig config, KinesisOptions options, string? endpoint, ILogger log)
    {
        if (!string.IsNullOrEmpty(endpoint))
        {
            // An address and a region exclude each other; the region is then for the signature alone.
            config.ServiceURL = endpoint;
            config.AuthenticationRegion = string.IsNullOrEmpty(options.Region) ? RegionOfEmulators : options.Region;
        }
        else if (!string.IsNullOrEmpty(options.Region))
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(options.Region);
        }

        if (options.VerifyTls) return;
        KinesisLogs.TlsIsNotVerified(log, config.AuthenticationServiceName ?? "aws", endpoint ?? options.Region ?? "the region's own");
        config.HttpClientFactory = new UncheckedHttp(config.Timeout ?? CallTimeout);
    }

    private static AWSCredentials? Credentials(KinesisOptions options)
    {
        if (string.IsNullOrEmpty(options.AccessKey) && string.IsNullOrEmpty(options.SecretKey)) return null;
        if (string.IsNullOrEmpty(options.AccessKey) || string.IsNullOrEmpty(options.SecretKey))
            throw new TransportException("AccessKey and SecretKey go together: set both, or neither for the SDK's own chain.");
        return string.IsNullOrEmpty(options.SessionToken)
            ? new BasicAWSCredentials(options.AccessKey, options.SecretKey)
            : new SessionAWSCredentials(options.AccessKey, options.SecretKey, options.SessionToken);
    }

    /// <summary>Connections whose certificates are not looked at.</summary>
    private sealed class UncheckedHttp(TimeSpan timeout) : HttpClientFactory
    {
        // Each client keeps its own, and disposes it: nothing unchecked is shared with others of this process.
        public override string? GetConfigUniqueString(IClientConfig clientConfig) => null;

        [SuppressMessage("Security", "CA5359:Do Not Disable Certificate Validation", Justification = "It was asked for, and is logged as a warning.")]
        [SuppressMessage("Reliability", "CA2000:Dispose objects before losing scope", Justification = "The client that is returned disposes it.")]
        public override HttpClient CreateHttpClient(IClientConfig clientConfig)
        {
            var handler = new SocketsHttpHandler { AllowAutoRedirect = false };
            handler.SslOptions.RemoteCertificateValidationCallback = static (_, _, _, _) => true;
            return new HttpClient(handler) { Timeout = timeout };
        }
    }
}
