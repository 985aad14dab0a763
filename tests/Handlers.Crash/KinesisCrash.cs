using System.Globalization;
using Amazon.DynamoDBv2;
using Amazon.DynamoDBv2.Model;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis;
using Handlers.Kinesis.Peers;

namespace Handlers.Crash;

/// <summary>Kinesis: npm's kinesalite for the streams and dynalite for the leases, as processes of their own for each run.</summary>
/// <remarks>
/// Settings are as they are by default, but for how soon a worker is taken for dead, and how often a shard is read. Positions of a group are read as
/// any program would read them, from the rows of its lease table; nothing of the product is asked.
/// </remarks>
internal sealed class KinesisCrash : ICrashTransport
{
    /// <summary>
    /// A killed worker's shards wait for it, and half as long at most until another worker looks. A member that is suspended at a kill, or has no
    /// processor for a while, must not be taken for dead.
    /// </summary>
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(2);

    private static readonly TimeSpan AloneLeaseTime = TimeSpan.FromMinutes(1);

    /// <summary>Of a worker's environment: whether it is alone.</summary>
    private const string AloneKey = "KINESIS_CRASH_ALONE";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(20);

    private readonly string streams;
    private readonly IAsyncDisposable[] emulators;
    private readonly Dictionary<(string Stream, string Shard), ShardLog> logs = [];
    private readonly AmazonKinesisClient kinesis;
    private readonly AmazonDynamoDBClient dynamo;

    /// <param name="place">As <see cref="Place"/>.</param>
    /// <param name="emulators">What ends with it.</param>
    public KinesisCrash(string place, params IAsyncDisposable[] emulators)
    {
        Place = place;
        this.emulators = emulators;
        (streams, Tables) = place.Split(' ') is [var first, var second] ? (first, second) : throw new ArgumentException($"'{place}' is not two addresses.", nameof(place));
        kinesis = new AmazonKinesisClient(Emulator.AccessKey, Emulator.SecretKey, new AmazonKinesisConfig { ServiceURL = streams, AuthenticationRegion = Emulator.Region });
        dynamo = new AmazonDynamoDBClient(Emulator.AccessKey, Emulator.SecretKey, new AmazonDynamoDBConfig { ServiceURL = Tables, AuthenticationRegion = Emulator.Region });
    }

    public string Name => "kinesis";

    /// <summary>The address of the streams and that of the lease tables, with a space between.</summary>
    public string Place { get; }

    /// <summary>The address of the lease tables.</summary>
    public string Tables { get; }

    /// <summary>A write of a lease that is not answered is made again. What takes longer than the lease time has no lease any more.</summary>
    public TimeSpan CommitTakes => LeaseTime;

    public IEnumerable<KeyValuePair<string, string>> AloneEnvironment => [new(AloneKey, "true")];

    /// <summary>For a worker whose leases are to be looked at on their way.</summary>
    public KinesisCrash Through(string tables) => new($"{streams} {tables}");

    public static async Task<KinesisCrash> StartAsync()
    {
        var streams = await Kinesalite.StartAsync();
        try
        {
            var tables = await Dynalite.StartAsync();
            return new KinesisCrash($"{streams.Endpoint} {tables.Endpoint}", streams, tables);
        }
        catch
        {
            await streams.DisposeAsync();
            throw;
        }
    }

    public void Use(HandlersBuilder handlers) => handlers.UseKinesis(options =>
    {
        (options.Endpoint, options.Region, options.AccessKey, options.SecretKey) = (streams, Emulator.Region, Emulator.AccessKey, Emulator.SecretKey);
        options.Leases = new KinesisLeaseOptions { Endpoint = Tables, LeaseTime = Environment.GetEnvironmentVariable(AloneKey) is "true" ? AloneLeaseTime : LeaseTime };
        options.FetchInterval = TimeSpan.FromMilliseconds(10); // the emulator has no limits
        options.FetchRecords = 1_000; // it turns once for each record of a call: of 10,000, on a machine with much else to do, for longer than the client waits
    });

    public async ValueTask CreateTopicAsync(string topic, int partitions)
    {
        await kinesis.CreateStreamAsync(new CreateStreamRequest { StreamName = topic, ShardCount = partitions });
        var began = TimeProvider.System.GetTimestamp();
        while ((await kinesis.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = topic })).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE)
        {
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new CrashException($"Stream '{topic}' is not there after {Patience.TotalSeconds} s.");
            await Task.Delay(5);
        }

        foreach (var shard in (await kinesis.ListShardsAsync(new ListShardsRequest { StreamName = topic })).Shards)
            logs[(topic, shard.ShardId)] = new ShardLog(kinesis, topic, shard.ShardId);
    }

    /// <summary>
    /// A write that a process sent before it was killed may reach the table after this question: so it is asked until an answer comes twice.
    /// While workers commit at every moment the last of some answers is as good as any.
    /// </summary>
    public async ValueTask<IReadOnlyDictionary<string, Position>> CommittedAsync(string group, string topic)
    {
        var handled = await HandledAsync($"{group}.{topic}");
        for (var i = 0; i < 10; i++)
        {
            var before = handled;
            handled = await HandledAsync($"{group}.{topic}");
            if (handled.Count == before.Count && handled.All(h => before.TryGetValue(h.Key, out var position) && position == h.Value)) break;
        }

        return handled;
    }

    public async ValueTask<long> LagAsync(string topic, IReadOnlyDictionary<string, Position> committed)
    {
        var lag = 0L;
        foreach (var (shard, position) in committed) lag += await logs[(topic, shard)].CountAfterAsync(position);
        return lag;
    }

    public bool? IsCommitting(int process) => null;

    public async ValueTask DisposeAsync()
    {
        kinesis.Dispose();
        dynamo.Dispose();
        foreach (var emulator in emulators) await emulator.DisposeAsync();
    }

    /// <summary>By shard. Where a shard is read from its oldest record on, that is a position before all.</summary>
    private async Task<Dictionary<string, Position>> HandledAsync(string table)
    {
        try
        {
            var rows = await dynamo.ScanAsync(new ScanRequest { TableName = table, ConsistentRead = true });
            return rows.Items.ToDictionary(r => r["leaseKey"].S, r => r["checkpoint"].S is "TRIM_HORIZON"
                ? default
                : new Position(r["checkpoint"].S, long.Parse(r["checkpointSubSequenceNumber"].N, NumberStyles.None, CultureInfo.InvariantCulture)));
        }
        catch (Amazon.DynamoDBv2.Model.ResourceNotFoundException)
        {
            return []; // no worker has made it yet
        }
    }
}
