using Amazon.DynamoDBv2;
using Amazon.Kinesis;

namespace Handlers.Kinesis;

/// <summary>How a process talks to Kinesis. docs/kinesis.md lists the defaults with their reasons.</summary>
public sealed class KinesisOptions
{
    /// <summary>The region, such as <c>us-east-1</c>. Default null: as the SDK finds it (environment, profile, machine).</summary>
    public string? Region { get; set; }

    /// <summary>The service's address, for emulators: <c>http://127.0.0.1:4567</c>. Default null: the region's own.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Whether certificates are checked. Default true; without, a warning is logged.</summary>
    public bool VerifyTls { get; set; } = true;

    /// <summary>With <see cref="SecretKey"/>. Default null: the SDK's chain (environment, profile, role). Never logged.</summary>
    public string? AccessKey { get; set; }

    /// <summary>With <see cref="AccessKey"/>. Never logged.</summary>
    public string? SecretKey { get; set; }

    /// <summary>For temporary keys. Never logged.</summary>
    public string? SessionToken { get; set; }

    /// <summary>Makes the client, for what options cannot say. It is the transport's to dispose. Default null: made from the options above.</summary>
    public Func<IAmazonKinesis>? Client { get; set; }

    /// <summary>
    /// The stream that the one topic is that the application's handlers read over this transport, whatever its name in <c>[StreamHandler]</c>: it is read there, and
    /// published and put back to there. Every other topic (dead letters, retry topics, results) is a stream of its own name. With handlers of a second topic the host
    /// does not start. Default null: the topic's name is the stream's.
    /// </summary>
    public string? Stream { get; set; }

    /// <summary>The one shard to read of the one topic that handlers read. Default null: all, with those that come by splits and merges.</summary>
    public string? ShardId { get; set; }

    /// <summary>Where a group begins that has no position, unless its handlers say. Default latest.</summary>
    public StartFrom Start { get; set; } = StartFrom.Latest;

    /// <summary>With <see cref="StartFrom.Time"/>.</summary>
    public DateTimeOffset? StartAt { get; set; }

    /// <summary>Makes streams that are missing at start, with so many shards. Default null: a missing stream is an error.</summary>
    public int? CreateStreams { get; set; }

    /// <summary>
    /// The folder of the checkpoints, for one process: <c>{group}/{stream}__{shard}.json</c>. A file of arXiv's consumer, <c>{stream}__{shard}.json</c>, is taken
    /// over. Either this, <see cref="Checkpoints"/> or <see cref="Leases"/> is needed where handlers read.
    /// </summary>
    public string? CheckpointFolder { get; set; }

    /// <summary>Makes where checkpoints are kept instead, for one process: called for each group, which disposes it when it is left. Default null.</summary>
    public Func<ICheckpointStore>? Checkpoints { get; set; }

    /// <summary>Leases in DynamoDB, for several processes. Default null.</summary>
    public KinesisLeaseOptions? Leases { get; set; }

    /// <summary>How often the stream's shards are listed anew; the end of a shard lists them at once. 1 s to 1 h, default 60 s.</summary>
    public TimeSpan ShardInterval { get; set; } = TimeSpan.FromSeconds(60);

    /// <summary>How a lane reads. Default: GetRecords.</summary>
    public KinesisReads Reads { get; set; }

    /// <summary>The consumer's name at the stream with <see cref="KinesisReads.FanOut"/>. Default null: the group.</summary>
    public string? ConsumerName { get; set; }

    /// <summary>The most records of one fetch. 1 to 10,000 (the service's limit), default 10,000.</summary>
    public int FetchRecords { get; set; } = 10_000;

    /// <summary>
    /// The least time from one fetch of a shard to the next. Default 200 ms, the service's limit of five a second. Less is for emulators: the service's limits are then
    /// not kept to, and what it refuses is tried again.
    /// </summary>
    public TimeSpan FetchInterval { get; set; } = TimeSpan.FromMilliseconds(200);

    /// <summary>How calls that failed are tried again.</summary>
    public KinesisRetry Retry { get; set; } = new();

    /// <summary>What becomes of a lane whose position the service refuses. Default: it fails, naming the remedy.</summary>
    public KinesisLostPosition OnLostPosition { get; set; }

    /// <summary>The host stops in order after this time. Default null: it runs until it is stopped.</summary>
    public TimeSpan? Duration { get; set; }

    /// <summary>
    /// The most bytes of a record's data and partition key that are published. 1 KiB to 10 MiB, default 1 MiB, as streams have it. More needs streams that allow it
    /// (<c>MaxRecordSizeInKiB</c>); one that does not refuses the record.
    /// </summary>
    public int RecordBytes { get; set; } = 1024 * 1024;

    /// <summary>Publishes messages of one key and one call as aggregates of the Kinesis Producer Library's format. Default false.</summary>
    public bool Aggregate { get; set; }

    /// <summary>
    /// Where a message goes instead of by its key's hash: a decimal number from 0 to 2^128 - 1, as text; null: by its key. Asked for each message that is published,
    /// results and dead letters among them, at the same time for several; another text fails the call that publishes, before anything of it is sent. The
    /// order of one key holds among messages of the same number. Default null.
    /// </summary>
    /// <remarks>
    /// It is the service's ExplicitHashKey: the message lands in the shard whose range of hash keys has it, and keeps its key. Readers see that key, not the number.
    /// </remarks>
    public Func<OutgoingMessage, string?>? ExplicitHashKey { get; set; }
}

/// <summary>Leases in DynamoDB, in the layout of the Kinesis Client Library.</summary>
public sealed class KinesisLeaseOptions
{
    /// <summary>
    /// The table's name, with <c>{group}</c> and <c>{topic}</c> replaced. The Kinesis Client Library's name is its application's: <c>{group}</c> alone takes its table
    /// over, for a group of one topic. Default <c>{group}.{topic}</c>. Made where it is missing.
    /// </summary>
    public string Table { get; set; } = "{group}.{topic}";

    /// <summary>The table's name for a group and a stream.</summary>
    internal string TableFor(string group, string stream) => Table.Replace("{group}", group, StringComparison.Ordinal).Replace("{topic}", stream, StringComparison.Ordinal);

    /// <summary>DynamoDB's address, for emulators. Default null: the region's own.</summary>
    public string? Endpoint { get; set; }

    /// <summary>Makes the client, for what options cannot say. It is the transport's to dispose.</summary>
    public Func<IAmazonDynamoDB>? Client { get; set; }

    /// <summary>What this process is called in the table: unique among those that run, the same at its next start. Default null: the machine's name and a number of this process's own.</summary>
    public string? WorkerId { get; set; }

    /// <summary>How long a worker may be silent before others take its leases. Renewed at a third of it. 1 s to 1 h, default 10 s.</summary>
    public TimeSpan LeaseTime { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a worker that is to give a lease away may go on finishing what it has begun, at most. Default 30 s.</summary>
    public TimeSpan HandOverTime { get; set; } = TimeSpan.FromSeconds(30);
}

/// <summary>How calls to Kinesis that failed are tried again: names, meaning and defaults are those of arXiv's consumer, but for the backoff.</summary>
/// <param name="Tries">How often a call is made at most; -1: without end. Default null: 5, but what a lane reads by is asked for until the service is back.</param>
/// <param name="Delay">The pause before the second call. Default null: 5 s.</param>
/// <param name="Backoff">What the pause is multiplied by after each. At least 1, default 2.</param>
/// <param name="MaxDelay">The longest pause but for the first, which is <paramref name="Delay"/> as it is. Default null: no limit.</param>
/// <param name="Jitter">The most that is added to each pause but the first, and stays in those that follow; how much, is chance. Default 0.</param>
public sealed record KinesisRetry(int? Tries = null, TimeSpan? Delay = null, double Backoff = 2, TimeSpan? MaxDelay = null, TimeSpan Jitter = default)
{
    /// <summary>The least that is added; the same as <see cref="Jitter"/>: no chance. Default 0.</summary>
    public TimeSpan JitterLeast { get; init; }
}

/// <summary>How a lane reads.</summary>
public enum KinesisReads
{
    /// <summary>By GetRecords: five fetches a second and 2 MB/s of each shard, shared by all its readers.</summary>
    Polling,

    /// <summary>By SubscribeToShard: 2 MB/s of each shard for this group alone, at a price.</summary>
    FanOut,
}

/// <summary>What becomes of a lane whose position the service refuses.</summary>
public enum KinesisLostPosition
{
    /// <summary>Reading fails, with the remedy.</summary>
    Fail,

    /// <summary>It starts over where the group begins, which is logged as an error.</summary>
    StartOver,
}
