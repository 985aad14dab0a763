using System.Collections.Concurrent;
using System.Globalization;
using Amazon.Kinesis;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Kinesis as a transport: a lane is a shard under a lease.</summary>
internal sealed class KinesisTransport : ITransport
{
    private static readonly TimeSpan AloneLeaseTime = TimeSpan.FromDays(1); // nobody else could take them
    private static readonly TimeSpan AloneLooks = TimeSpan.FromSeconds(1);

    private readonly ConcurrentDictionary<KinesisSubscription, bool> subscriptions = [];
    private readonly ConcurrentDictionary<string, (string Group, string Stream)> tables = new(StringComparer.Ordinal); // of leases, and whose they are
    private readonly KinesisConsumers consumers; // that fan-out reads by
    private readonly IAmazonKinesis client;
    private readonly KinesisPublisher publisher;
    private readonly string? handled;
    private int closed;

    /// <param name="options">Checked here.</param>
    /// <param name="time">Time.</param>
    /// <param name="log">The transport's.</param>
    /// <param name="handled">The one topic that Stream and ShardId are of; null: of none.</param>
    public KinesisTransport(KinesisOptions options, TimeProvider time, ILogger log, string? handled = null)
    {
        this.handled = handled;
        KinesisOptionsCheck.Check(options);
        Options = options;
        Time = time;
        Log = log;
        client = KinesisClients.Kinesis(options, log);
        Calls = new KinesisCalls(client, options.Retry, time, log);
        Streams = new KinesisStreams(Calls);
        consumers = new KinesisConsumers(Calls);
        Epochs = new Epochs(time);
        publisher = new KinesisPublisher(Calls, Streams, options, StreamOf);
        Reader = new KinesisReader(this);
        Rhythm = RhythmOf(options.Leases);
    }

    public KinesisOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public KinesisCalls Calls { get; }

    public KinesisStreams Streams { get; }

    public Epochs Epochs { get; }

    public LeaseRhythm Rhythm { get; }

    /// <summary>Where leases are instead of a table or checkpoints: tests let several transports share what is in memory.</summary>
    internal Func<ILeaseStore>? LeaseStore { get; init; }

    /// <summary>How long a lane that is read may take from one fetch to the end of the next.</summary>
    public TimeSpan LookTime => Options.FetchInterval + TimeSpan.FromSeconds(5);

    public string System => "aws.kinesis";

    public ITopicReader Reader { get; }

    public TransportCounts Counts => new(Calls.Throttled, Calls.Replayed);

    public IPublisher Publisher => publisher;

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrWhiteSpace(request.Group)) throw new TransportException("The group has no name.");
        if (request.Topics.Count == 0) throw new TransportException($"Group '{request.Group}' subscribes to no topic.");
        if (request.Topics.Any(static t => string.IsNullOrWhiteSpace(t.Topic))) throw new TransportException($"Group '{request.Group}' subscribes to a topic without a name.");
        if (request.Topics.DistinctBy(static t => t.Topic, StringComparer.Ordinal).Count() < request.Topics.Count)
            throw new TransportException($"Group '{request.Group}' subscribes to a topic twice.");
        if (request.Topics.Count > 1 && Options.Leases is { } leases && !leases.Table.Contains("{topic}", StringComparison.Ordinal))
            throw new TransportException($"Group '{request.Group}' reads {request.Topics.Count} topics, and Leases:Table '{leases.Table}' is of one: shards of two streams have the same names. Put {{topic}} into it.");
        var subscription = new KinesisSubscription(this, request);
        try
        {
            await subscription.PrepareAsync(stop);
        }
        catch
        {
            await subscription.DisposeAsync();
            throw;
        }

        subscriptions.TryAdd(subscription, true);
        return subscription;
    }

    /// <summary>The stream that a topic is: of its own name, but for the handled one where Stream says another.</summary>
    public string StreamOf(string topic) => topic == handled ? Options.Stream ?? topic : topic;

    /// <summary>The topic that a stream is.</summary>
    public string TopicOf(string stream) => handled is not null && stream == Options.Stream ? handled : stream;

    /// <summary>The only shard of a topic that is to be read; null: all.</summary>
    public string? OnlyShardOf(string topic) => topic == handled ? Options.ShardId : null;

    /// <summary>Where a subscription's positions are kept, for one process; null: in leases.</summary>
    public ICheckpointStore? Checkpoints() => Options.Checkpoints?.Invoke() ?? (Options.CheckpointFolder is { } folder ? new DiskCheckpoints(folder, Log) : null);

    /// <summary>Where the leases of a group's stream are.</summary>
    public ILeaseStore Leases(string group, string stream, ICheckpointStore? checkpoints, string? onlyShard = null)
    {
        var store = LeaseStore is { } make ? make() : Options.Leases is { } leases
            ? new DynamoLeaseStore(KinesisClients.DynamoDB(Options, Log), TableOf(leases, group, stream), Time)
            : checkpoints is not null
                ? new CheckpointLeaseStore(checkpoints, group, stream)
                : throw new TransportException("Kinesis keeps no positions for its readers, and nothing says where they are to be kept. Set CheckpointFolder (KINESIS_CHECKPOINT_VOLUME) for one process, or Leases for several.");
        return onlyShard is { } only ? new OneShard(store, only) : store;
    }

    /// <summary>The same leases for somebody who only looks; null: there are none, as checkpoints are kept. Neither makes a table nor says whose it is.</summary>
    public ILeaseStore? LeasesToSee(string group, string stream) => LeaseStore is { } make ? make() : Options.Leases is { } leases
        ? new DynamoLeaseStore(KinesisClients.DynamoDB(Options, Log), leases.TableFor(group, stream), Time)
        : null;

    /// <summary>Reads a shard as the options say.</summary>
    public IShardReader ReaderOf(string group, ShardToRead shard) => Options.Reads == KinesisReads.Polling
        ? new ShardReader(Calls, Streams, shard, Options)
        : new FanOutReader(Calls, Streams, shard, Options.OnLostPosition, (from, stop) => consumers.OpenAsync(shard.Stream, Options.ConsumerName ?? group, shard.Shard, from, stop));

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0) return;
        foreach (var subscription in subscriptions.Keys) await subscription.DisposeAsync();
        await publisher.DisposeAsync();
        consumers.Dispose();
        client.Dispose();
    }

    /// <summary>Ends without giving anything back, as the end of the process would.</summary>
    internal async ValueTask AbandonAsync()
    {
        foreach (var subscription in subscriptions.Keys) await subscription.AbandonAsync();
        await DisposeAsync();
    }

    internal void Left(KinesisSubscription subscription) => subscriptions.TryRemove(subscription, out _);

    /// <summary>Each group and stream has a table of its own: in a shared one, each would go on from the other's checkpoints.</summary>
    private string TableOf(KinesisLeaseOptions leases, string group, string stream)
    {
        var table = leases.TableFor(group, stream);
        var other = tables.GetOrAdd(table, (group, stream));
        return other == (group, stream) ? table : throw new TransportException(
            $"Leases:Table '{leases.Table}' gives stream '{stream}' of group '{group}' the same table '{table}' as stream '{other.Stream}' of group '{other.Group}': each would go on from the other's checkpoints. Put {{group}} and {{topic}} into it.");
    }

    private static LeaseRhythm RhythmOf(KinesisLeaseOptions? leases) => leases is null
        ? new LeaseRhythm("this process", IsShared: false, AloneLeaseTime, AloneLeaseTime, AloneLeaseTime / 3, AloneLooks)
        : new LeaseRhythm(leases.WorkerId ?? NewWorker(), IsShared: true, leases.LeaseTime, leases.HandOverTime, leases.LeaseTime / 3, leases.LeaseTime / 2);

    private static string NewWorker() => string.Create(CultureInfo.InvariantCulture, $"{Environment.MachineName}:{Environment.ProcessId}:{Guid.NewGuid():N}")[..^24];
}
