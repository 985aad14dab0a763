using Amazon;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Amazon.Runtime;
using Handlers.Kinesis.Peers;

namespace Handlers.Kinesis.Sdk.Tests;

/// <summary>Clients as the tests need them, and what each does first.</summary>
internal static class Clients
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="endpoint">The emulator's address, or a proxy's.</param>
    /// <param name="retries">After errors.</param>
    /// <param name="stale">After a connection that ended: the SDK counts these apart, and would repeat a call ten times of its own accord.</param>
    /// <param name="http">Null: the SDK's own.</param>
    public static AmazonKinesisClient For(string endpoint, int retries = 0, int stale = 0, HttpClientFactory? http = null) => new(
        new BasicAWSCredentials(Emulator.AccessKey, Emulator.SecretKey),
        new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region, MaxErrorRetry = retries, MaxStaleConnectionRetries = stale, HttpClientFactory = http });

    public static AmazonKinesisClient Answered(ScriptedHttp http) => new(
        new SessionAWSCredentials("AKID", "secret", "token"), new AmazonKinesisConfig { RegionEndpoint = RegionEndpoint.EUWest1, MaxErrorRetry = 0, HttpClientFactory = http });

    /// <summary>A stream of a name of its own, when it is active.</summary>
    public static async Task<string> StreamAsync(this IAmazonKinesis client, int shards = 1)
    {
        var stream = $"s-{Guid.NewGuid():N}";
        await client.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = shards }, Stop);
        await client.ActiveAsync(stream);
        return stream;
    }

    public static async Task<StreamDescriptionSummary> ActiveAsync(this IAmazonKinesis client, string stream)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (true)
        {
            var summary = (await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = stream }, Stop)).StreamDescriptionSummary;
            if (summary.StreamStatus == StreamStatus.ACTIVE) return summary;
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException($"The stream is {summary.StreamStatus}.");
            await Task.Delay(TimeSpan.FromMilliseconds(5), Stop);
        }
    }

    public static async Task<List<Shard>> ShardsAsync(this IAmazonKinesis client, string stream) => (await client.ListShardsAsync(new ListShardsRequest { StreamName = stream }, Stop)).Shards;

    public static async Task<string> IteratorAsync(this IAmazonKinesis client, string stream, string shard, ShardIteratorType type, string? number = null) =>
        (await client.GetShardIteratorAsync(new GetShardIteratorRequest { StreamName = stream, ShardId = shard, ShardIteratorType = type, StartingSequenceNumber = number }, Stop)).ShardIterator;
}
