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

/// <inheritdoc cref="KinesisDiskContractTests" />
public sealed class KinesisDiskGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesaliteAsync(), tables: null);
}

/// <summary>The same with leases in DynamoDB (dynalite).</summary>
public sealed class KinesisLeasesContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesaliteAsync(), await Servers.DynaliteAsync());
}

/// <inheritdoc cref="KinesisLeasesContractTests" />
public sealed class KinesisLeasesGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesaliteAsync(), await Servers.DynaliteAsync());
}

/// <summary>The same with checkpoints on disk against kinesis-local, which answers otherwise where Kinesis may too.</summary>
public sealed class KinesisLocalContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesisLocalAsync(), tables: null, Servers.LocalFetchInterval);
}

/// <inheritdoc cref="KinesisLocalContractTests" />
public sealed class KinesisLocalGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.KinesisLocalAsync(), tables: null, Servers.LocalFetchInterval);
}

/// <summary>The same over enhanced fan-out, from kinesis-local, with checkpoints on disk.</summary>
public sealed class KinesisFanOutContractTests : TransportContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.FanOutAsync(), tables: null, reads: KinesisReads.FanOut);
}

/// <inheritdoc cref="KinesisFanOutContractTests" />
public sealed class KinesisFanOutGroupContractTests : GroupContract
{
    protected override async ValueTask<TransportHarness> NewHarnessAsync() => new KinesisHarness(await Servers.FanOutAsync(), tables: null, reads: KinesisReads.FanOut);
}

internal sealed class KinesisHarness(string endpoint, string? tables, TimeSpan? fetchInterval = null, KinesisReads reads = KinesisReads.Polling) : TransportHarness
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(2);

    private readonly string folder = Directory.CreateTempSubdirectory("kinesis-").FullName;
    private readonly List<string> streams = []; // made here, and deleted: the emulators keep everything in memory
    private readonly IAmazonKinesis client = KinesisClients.Kinesis(Servers.Options(endpoint), NullLogger.Instance);
    private KinesisCalls? calls; // of the client, tried again

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
        ExactSeeks = reads == KinesisReads.Polling, // kinesis-local refuses a consumer for a moment after its last subscription: then it is the second when the seek was
        Lag = false,
        AtHand = false,
        Transactions = false,
        TransactionalPositions = false,
        Reader = reads == KinesisReads.Polling, // a look always polls
        GoesAway = false, // one emulator serves all tests: see OutageTests
        Extents = false,
        Owners = tables is not null,
        LargestBody = 900_000,
    };

    public override ValueTask<ITransport> NewTransportAsync() => new(new KinesisTransport(Options(), TimeProvider.System, new DiagnosticLog(TestContext.Current)));

    public override async ValueTask CreateTopicAsync(string topic, int partitions)
    {
        try
        {
            await Calls.CreateAsync(topic, partitions, CancellationToken.None);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.InUse))
        {
            // Made, though the answer was lost: the name is nobody else's.
        }

        streams.Add(topic);
        while ((await Calls.DescribeAsync(topic, CancellationToken.None)).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE) await Task.Delay(10);
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
        if (!(await ThingsAsync()).Contains($"{group}.{topic}")) return null;
        return await store.ReadAsync(partition, CancellationToken.None) is { Checkpoint: { Kind: CheckpointKind.After } checkpoint } ? checkpoint.Handled : null;
    }

    public override async ValueTask<IReadOnlyList<string>> ThingsAsync()
    {
        List<string> files = [.. Directory.EnumerateFileSystemEntries(folder, "*", SearchOption.AllDirectories)];
        if (tables is null) return files;
        using var dynamo = KinesisClients.DynamoDB(Options(), NullLogger.Instance);
        return [.. files, .. (await dynamo.ListTablesAsync()).TableNames?.Where(t => streams.Any(s => t.Contains(s, StringComparison.Ordinal))) ?? []]; // other tests have theirs there
    }

    public override ValueTask KillAsync(ITransport transport) => ((KinesisTransport)transport).AbandonAsync();

    public override async ValueTask DisposeAsync()
    {
        foreach (var stream in streams)
        {
            await Calls.CallAsync(
                new KinesisCall("DeleteStream", stream), new DeleteStreamRequest { StreamName = stream, EnforceConsumerDeletion = true }, static (client, request, stop) => client.DeleteStreamAsync(request, stop), false, CancellationToken.None);
        }

        client.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private KinesisCalls Calls => calls ??= new KinesisCalls(client, Servers.Options(endpoint).Retry, TimeProvider.System, NullLogger.Instance);

    private KinesisOptions Options()
    {
        var options = Servers.Options(endpoint);
        if (reads == KinesisReads.FanOut && options.Endpoint!.StartsWith("http:", StringComparison.Ordinal)) options.Client = () => Servers.Undrained(options);
        options.CheckpointFolder = tables is null ? folder : null;
        options.Leases = tables is null ? null : new KinesisLeaseOptions { Endpoint = tables, LeaseTime = LeaseTime };
        options.FetchInterval = fetchInterval ?? Servers.FetchInterval;
        options.Reads = reads;
        return options;
    }
}

/// <summary>Shows with <c>-diagnostics</c>.</summary>
internal sealed class DiagnosticLog(ITestContext test) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
        test.SendDiagnosticMessage($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {formatter(state, exception)} {exception}");
}
