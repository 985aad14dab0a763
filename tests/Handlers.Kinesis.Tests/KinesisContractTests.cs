using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Handlers.Transport.Contract;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Kinesis.Tests;

/// <summary>The contract with checkpoints on disk, against kinesalite.</summary>
public sealed class KinesisDiskContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesaliteAsync(), tables: null);
}

/// <summary>The same with leases in DynamoDB (dynalite).</summary>
public sealed class KinesisLeasesContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesaliteAsync(), await Servers.DynaliteAsync());
}

/// <summary>The same with checkpoints on disk against kinesis-local, which answers otherwise where Kinesis may too.</summary>
public sealed class KinesisLocalContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesisLocalAsync(), tables: null, TimeSpan.FromMilliseconds(50));
}

/// <summary>Processes that the tests of this assembly share: streams and tables have names of their own. They end with this one.</summary>
internal static class Servers
{
    private static readonly Lazy<Task<Kinesalite>> kinesalite = new(() => Kinesalite.StartAsync(shards: 10_000));
    private static readonly Lazy<Task<KinesisLocal>> local = new(() => KinesisLocal.StartAsync());
    private static readonly Lazy<Task<Dynalite>> tables = new(() => Dynalite.StartAsync());

    /// <summary>Where KINESIS_ENDPOINT is set, that instead of every emulator.</summary>
    private static string? Given { get; } = Environment.GetEnvironmentVariable("KINESIS_ENDPOINT") is { Length: > 0 } endpoint ? endpoint : null;

    public static async Task<string> KinesaliteAsync() => Given ?? (await Started(kinesalite)).Endpoint;

    public static async Task<string> KinesisLocalAsync() => Given ?? (await Started(local)).Endpoint;

    /// <summary>The same by TLS, with a certificate that nobody trusts.</summary>
    public static async Task<string> KinesisLocalTlsAsync() => (await Started(local)).TlsEndpoint;

    public static async Task<string> DynaliteAsync() => (await Started(tables)).Endpoint;

    private static Task<T> Started<T>(Lazy<Task<T>> server)
    {
        Assert.SkipWhen(Emulator.Missing is not null, Emulator.Missing ?? "");
        return server.Value;
    }
}

internal sealed class KinesisHarness(string endpoint, string? tables, TimeSpan? fetchInterval = null) : TransportHarness
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(2);

    private readonly string folder = Directory.CreateTempSubdirectory("kinesis-").FullName;
    private readonly List<string> streams = []; // made here, and deleted: the emulators keep everything in memory
    private readonly AmazonKinesisClient client = new(Emulator.AccessKey, Emulator.SecretKey, new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = Emulator.Region });

    public override Features Features => new()
    {
        NullKeys = false,
        EmptyKeys = false,
        NullBodies = false,
        Timestamps = false,
        Times = false,
        SeveralMembers = tables is not null,
        Patterns = false,
        FairAtOnce = false,
        ExactLatest = false,
        Lag = false,
        AtHand = false,
        Transactions = false,
        TransactionalPositions = false,
        LargestBody = 900_000,
    };

    public override ValueTask<ITransport> NewTransportAsync() => new(new KinesisTransport(Options(), TimeProvider.System, new DiagnosticLog(TestContext.Current)));

    public override async ValueTask CreateTopicAsync(string topic, int partitions)
    {
        await client.CreateStreamAsync(new CreateStreamRequest { StreamName = topic, ShardCount = partitions });
        streams.Add(topic);
        while ((await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = topic })).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE) await Task.Delay(10);
    }

    public override async ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition)
    {
        if (tables is null)
        {
            await using var disk = new DiskCheckpoints(folder, NullLogger.Instance);
            var path = disk.PathOf(new ShardKey(group, topic, partition));
            return File.Exists(path) ? CheckpointFile.Read(path, await File.ReadAllTextAsync(path)).Handled : null;
        }

        await using var store = new DynamoLeaseStore(KinesisClients.DynamoDB(Options(), NullLogger.Instance), $"{group}.{topic}", TimeProvider.System);
        return await store.ReadAsync(partition, CancellationToken.None) is { Checkpoint: { Kind: CheckpointKind.After } checkpoint } ? checkpoint.Handled : null;
    }

    public override ValueTask KillAsync(ITransport transport) => ((KinesisTransport)transport).AbandonAsync();

    public override async ValueTask DisposeAsync()
    {
        foreach (var stream in streams) await client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = stream });
        client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private KinesisOptions Options() => new()
    {
        Endpoint = endpoint,
        Region = Emulator.Region,
        AccessKey = Emulator.AccessKey,
        SecretKey = Emulator.SecretKey,
        CheckpointFolder = tables is null ? folder : null,
        Leases = tables is null ? null : new KinesisLeaseOptions { Endpoint = tables, LeaseTime = LeaseTime },
        FetchInterval = fetchInterval ?? TimeSpan.FromMilliseconds(10),
    };
}

/// <summary>Shows with <c>-diagnostics</c>.</summary>
internal sealed class DiagnosticLog(ITestContext test) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        test.SendDiagnosticMessage($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}");
}
