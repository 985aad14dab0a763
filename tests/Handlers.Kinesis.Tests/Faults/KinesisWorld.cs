using System.Globalization;
using System.Text;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// One stream of numbered messages, and a proxy in front of each service, so that a test can break what hosts see while it looks behind it. Emulators are shared;
/// stream, table and proxies are the test's own.
/// </summary>
internal sealed class KinesisWorld : IAsyncDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    private readonly string folder = Directory.CreateTempSubdirectory("kinesis-").FullName;
    private readonly List<KinesisApplication> applications = [];
    private readonly List<string> streams = [];
    private int published;

    private KinesisWorld(AmazonKinesisClient client, KinesisProxy kinesis, KinesisProxy tables, string endpoint)
    {
        (Client, Kinesis, Tables) = (client, kinesis, tables);
        var options = new KinesisOptions { Region = Emulator.Region, AccessKey = Emulator.AccessKey, SecretKey = Emulator.SecretKey, Leases = new KinesisLeaseOptions { Endpoint = endpoint } };
        Leases = new DynamoLeaseStore(KinesisClients.DynamoDB(options, NullLogger.Instance), Stream, TimeProvider.System);
    }

    /// <summary>Also the name of its lease table.</summary>
    public string Stream { get; } = $"s-{Guid.NewGuid():N}";

    /// <summary>Behind the proxy.</summary>
    public AmazonKinesisClient Client { get; }

    /// <summary>The hosts' way to Kinesis.</summary>
    public KinesisProxy Kinesis { get; }

    /// <summary>The hosts' way to their leases.</summary>
    public KinesisProxy Tables { get; }

    /// <summary>The leases, behind the proxy.</summary>
    public DynamoLeaseStore Leases { get; }

    /// <summary>How many messages were published.</summary>
    public int Published => published;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="shards">Of the stream.</param>
    /// <param name="isLocal">At kinesis-local instead of kinesalite.</param>
    public static async Task<KinesisWorld> BeginAsync(int shards = 1, bool isLocal = false)
    {
        var (endpoint, tables) = (isLocal ? await Servers.OwnKinesisLocalAsync() : await Servers.OwnKinesaliteAsync(), await Servers.DynaliteAsync());
        var client = new AmazonKinesisClient(Emulator.AccessKey, Emulator.SecretKey, new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region });
        var world = new KinesisWorld(client, await KinesisProxy.StartAsync(endpoint, Stop), await KinesisProxy.StartAsync(tables, Stop), tables);
        await world.CreateAsync(world.Stream, shards);
        return world;
    }

    public async Task CreateAsync(string stream, int shards)
    {
        await Client.CreateStreamAsync(new CreateStreamRequest { StreamName = stream, ShardCount = shards }, Stop);
        streams.Add(stream);
        await ActiveAsync(stream);
    }

    /// <summary>Numbers from where the last call ended, each a message of its own, of so many keys in turn: <c>"7"</c> has the key <c>k7</c> of ten.</summary>
    public async Task PublishAsync(int count, int keys = 10)
    {
        foreach (var some in Enumerable.Range(published, count).Chunk(500))
        {
            var answer = await Client.PutRecordsAsync(
                new PutRecordsRequest { StreamName = Stream, Records = [.. some.Select(i => new PutRecordsRequestEntry { PartitionKey = $"k{i % keys}", Data = new MemoryStream(Encoding.UTF8.GetBytes($"{i}")) })] }, Stop);
            Assert.Equal(0, answer.FailedRecordCount ?? 0);
        }

        published += count;
    }

    /// <summary>The same, of one key and in one aggregate.</summary>
    public async Task PublishAggregateAsync(int count)
    {
        var calls = new KinesisCalls(Client, new KinesisRetry(), TimeProvider.System, NullLogger.Instance);
        await using var publisher = new KinesisPublisher(calls, new KinesisStreams(calls), new KinesisOptions { Aggregate = true });
        await publisher.PublishAsync([.. Enumerable.Range(published, count).Select(i => new OutgoingMessage { Topic = Stream, Key = OutgoingMessage.Utf8("k"), Body = OutgoingMessage.Utf8($"{i}") })], Stop);
        published += count;
    }

    /// <summary>A host that handles the numbers. Stopped at the end of the test at the latest.</summary>
    public async Task<KinesisApplication> StartAsync(KinesisApplicationSetup? setup = null)
    {
        var application = new KinesisApplication(this, setup ?? new());
        applications.Add(application);
        await application.StartAsync();
        return application;
    }

    /// <param name="disk">Checkpoints on disk instead of leases: one folder for all hosts of a test, one after the other.</param>
    /// <param name="leaseTime">Of the leases.</param>
    public KinesisOptions Options(bool disk, TimeSpan leaseTime) => new()
    {
        Endpoint = Kinesis.Endpoint,
        Region = Emulator.Region,
        AccessKey = Emulator.AccessKey,
        SecretKey = Emulator.SecretKey,
        Start = StartFrom.Earliest,
        CheckpointFolder = disk ? folder : null,
        Leases = disk ? null : new KinesisLeaseOptions { Endpoint = Tables.Endpoint, Table = Stream, LeaseTime = leaseTime },
        FetchInterval = TimeSpan.FromMilliseconds(20),
        ShardInterval = TimeSpan.FromSeconds(1),
        Retry = new KinesisRetry(Delay: TimeSpan.FromMilliseconds(50)),
    };

    /// <summary>The ids of its shards, in the order in which the stream lists them, with those that are closed.</summary>
    public async Task<List<Amazon.Kinesis.Model.Shard>> ShardsAsync() => (await Client.ListShardsAsync(new ListShardsRequest { StreamName = Stream }, Stop)).Shards;

    /// <summary>Its open shards, by their keys.</summary>
    public async Task<List<Amazon.Kinesis.Model.Shard>> OpenAsync() =>
        [.. (await ShardsAsync()).Where(static s => s.SequenceNumberRange.EndingSequenceNumber is null).OrderBy(static s => UInt128.Parse(s.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture))];

    /// <summary>Splits an open shard in the middle.</summary>
    public async Task SplitAsync(int place = 0)
    {
        var shard = (await OpenAsync())[place];
        var (from, to) = (UInt128.Parse(shard.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture), UInt128.Parse(shard.HashKeyRange.EndingHashKey, CultureInfo.InvariantCulture));
        await Client.SplitShardAsync(new SplitShardRequest { StreamName = Stream, ShardToSplit = shard.ShardId, NewStartingHashKey = (from + ((to - from) / 2) + 1).ToString(CultureInfo.InvariantCulture) }, Stop);
        await ActiveAsync(Stream);
        await UntilAsync(async () => (await OpenAsync()).All(s => s.ShardId != shard.ShardId), () => "the shard is not closed");
    }

    /// <summary>Merges an open shard with the one behind it.</summary>
    public async Task MergeAsync(int place = 0)
    {
        var open = await OpenAsync();
        await Client.MergeShardsAsync(new MergeShardsRequest { StreamName = Stream, ShardToMerge = open[place].ShardId, AdjacentShardToMerge = open[place + 1].ShardId }, Stop);
        await ActiveAsync(Stream);
        await UntilAsync(async () => (await OpenAsync()).All(s => s.ShardId != open[place].ShardId), () => "the shards are not closed");
    }

    public static Task UntilAsync(Func<bool> holds, Func<string> what) => UntilAsync(() => Task.FromResult(holds()), what);

    public static async Task UntilAsync(Func<Task<bool>> holds, Func<string> what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException($"It did not come: {what()}.");
            await Task.Delay(10, Stop);
        }
    }

    public async ValueTask DisposeAsync()
    {
        Kinesis.Down = Tables.Down = false;
        foreach (var application in applications) await application.DisposeAsync();
        foreach (var stream in streams) await Client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = stream, EnforceConsumerDeletion = true }, CancellationToken.None);
        await Leases.DisposeAsync();
        await Kinesis.DisposeAsync();
        await Tables.DisposeAsync();
        Client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private Task ActiveAsync(string stream) => UntilAsync(
        async () => (await Client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = stream }, Stop)).StreamDescriptionSummary.StreamStatus == StreamStatus.ACTIVE, () => "the stream is not active");
}
