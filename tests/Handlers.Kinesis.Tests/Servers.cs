using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// Processes that the tests of this assembly share: streams and tables have names of their own. They end with this one. Where KINESIS_ENDPOINT is set, the contract
/// runs against that instead: with AWS_REGION, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_SESSION_TOKEN, or the emulators' own, and KINESIS_VERIFY=false for a
/// certificate that nobody trusts. Leases stay in dynalite. Tests that need a proxy in front, or to reshard at will, have emulators all the same.
/// </summary>
internal static class Servers
{
    private static readonly Lazy<Task<Kinesalite>> kinesalite = new(() => Kinesalite.StartAsync(shards: 10_000));
    private static readonly Lazy<Task<KinesisLocal>> local = new(() => KinesisLocal.StartAsync());
    private static readonly Lazy<Task<KinesisLocal>> quickLocal = new(() => KinesisLocal.StartAsync(pace: 20));
    private static readonly Lazy<Task<Dynalite>> tables = new(() => Dynalite.StartAsync());
    private static readonly Lazy<Task<bool>> hasConsumers = new(HasConsumersAsync);

    private static string? Given { get; } = Setting("KINESIS_ENDPOINT");

    /// <summary>An emulator has no limits; a service's are kept to.</summary>
    public static TimeSpan FetchInterval { get; } = TimeSpan.FromMilliseconds(Given is not null && !new Uri(Given).IsLoopback ? 200 : 10);

    /// <summary>kinesis-local takes long for each.</summary>
    public static TimeSpan LocalFetchInterval { get; } = TimeSpan.FromMilliseconds(50);

    public static async Task<string> KinesaliteAsync() => Given ?? await OwnKinesaliteAsync();

    public static async Task<string> KinesisLocalAsync()
    {
        Assert.SkipWhen(Given is not null, "KINESIS_ENDPOINT is set: KinesisDiskContractTests run against that, and this would be the same.");
        return await OwnKinesisLocalAsync();
    }

    /// <summary>One whose subscriptions have twenty events a second.</summary>
    public static async Task<string> FanOutAsync()
    {
        if (Given is null) return (await Started(quickLocal)).Endpoint;
        Assert.SkipUnless(await hasConsumers.Value, "What KINESIS_ENDPOINT names has no consumers, so no enhanced fan-out.");
        return Given;
    }

    /// <summary>Whatever KINESIS_ENDPOINT says.</summary>
    public static async Task<string> OwnKinesaliteAsync() => (await Started(kinesalite)).Endpoint;

    /// <inheritdoc cref="OwnKinesaliteAsync" />
    public static async Task<string> OwnKinesisLocalAsync() => (await Started(local)).Endpoint;

    /// <summary>The same by TLS, with a certificate that nobody trusts.</summary>
    public static async Task<string> KinesisLocalTlsAsync() => (await Started(local)).TlsEndpoint;

    public static async Task<string> DynaliteAsync() => (await Started(tables)).Endpoint;

    /// <summary>What reaches an endpoint: an emulator's, or the one that was given.</summary>
    public static KinesisOptions Options(string endpoint)
    {
        var given = endpoint == Given;
        return new KinesisOptions
        {
            Endpoint = endpoint,
            Region = given && Setting("AWS_REGION") is { } region ? region : Emulator.Region,
            AccessKey = given && Setting("AWS_ACCESS_KEY_ID") is { } key ? key : Emulator.AccessKey,
            SecretKey = given && Setting("AWS_SECRET_ACCESS_KEY") is { } secret ? secret : Emulator.SecretKey,
            SessionToken = given ? Setting("AWS_SESSION_TOKEN") : null,
            VerifyTls = !given || !"false".Equals(Setting("KINESIS_VERIFY"), StringComparison.OrdinalIgnoreCase),
            Retry = new KinesisRetry(Delay: TimeSpan.FromMilliseconds(given ? 1000 : 100)),
        };
    }

    /// <summary>
    /// Gives up an answer's connection with the answer. Over HTTP/1.1, which an emulator speaks where the service speaks HTTP/2, a subscription that is given up would
    /// otherwise be drained for two seconds, and its consumer would not be free until then.
    /// </summary>
    public static IAmazonKinesis Undrained(KinesisOptions options) => new AmazonKinesisClient(options.AccessKey, options.SecretKey, new AmazonKinesisConfig
    {
        ServiceURL = options.Endpoint,
        AuthenticationRegion = options.Region,
        MaxErrorRetry = 0,
        MaxStaleConnectionRetries = 0,
        HttpClientFactory = new UndrainedHttp(),
    });

    private static async Task<bool> HasConsumersAsync()
    {
        using var client = KinesisClients.Kinesis(Options(Given!), NullLogger.Instance);
        try
        {
            await client.DescribeStreamConsumerAsync(new DescribeStreamConsumerRequest { StreamARN = "arn:aws:kinesis:us-east-1:000000000000:stream/none", ConsumerName = "none" });
            return true;
        }
        catch (AmazonServiceException e)
        {
            return e.ErrorCode != "UnknownOperationException"; // the stream is not there, and that is said by who knows consumers
        }
    }

    private static string? Setting(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;

    private sealed class UndrainedHttp : HttpClientFactory
    {
        public override HttpClient CreateHttpClient(IClientConfig clientConfig) => new(new SocketsHttpHandler { UseProxy = false, MaxResponseDrainSize = 0 }) { Timeout = TimeSpan.FromSeconds(30) };

        public override bool UseSDKHttpClientCaching(IClientConfig clientConfig) => false;

        public override bool DisposeHttpClientsAfterUse(IClientConfig clientConfig) => false;
    }

    private static Task<T> Started<T>(Lazy<Task<T>> server)
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        return server.Value;
    }
}
