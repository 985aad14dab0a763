using System.Globalization;

namespace Handlers.Kinesis.Peers;

/// <summary>npm's kinesis-local: consumers and SubscribeToShard too, TLS, HTTP/2. Starts in about 2 s, and takes several hundred MB.</summary>
/// <remarks>
/// Where it is not like Kinesis (0.6.2):
/// <list type="bullet">
/// <item>What is absent comes as JSON's null. A closed shard's ending number is always 9223372036854775807, which is no position.</item>
/// <item>A number that no record has is refused with ResourceNotFoundException once the shard has records, the shard's own first number among them; while
/// the shard is empty, any number is accepted. A malformed iterator is a 500 with an empty body.</item>
/// <item>The last records of a closed shard come with ChildShards and without a next iterator, in the same answer.</item>
/// <item>Children are there and written to at once, while the split or merge is under way. Streams that are being made have their shards already.</item>
/// <item>A record of more than 1 MiB fails alone: a real partial failure of PutRecords. Nothing is throttled, nothing is trimmed.</item>
/// <item>SubscribeToShard: one event a second, with or without records, for 5 minutes; no initial response. Errors are events (status 200). A shard that
/// ends goes on with empty events, without ChildShards. A second subscription of one consumer to one shard is ResourceInUseException, and for up to 3 s
/// after the first has hung up. A position that no record has reads everything. Over HTTP/2 an event of more than the client's window of 64 KiB never comes, to Node's
/// own client neither.</item>
/// </list>
/// </remarks>
public sealed class KinesisLocal : Emulator
{
    private KinesisLocal(System.Diagnostics.Process process) : base(process)
    {
    }

    /// <summary>https://127.0.0.1:PORT, with a certificate that nobody trusts.</summary>
    public string TlsEndpoint { get; private set; } = "";

    /// <param name="change">How long making, deleting and resharding a stream takes, and registering a consumer: 20 ms if null.</param>
    /// <param name="pace">How many times as fast as it would be by itself: with 10, an event of a subscription comes every 0.1 s.</param>
    /// <param name="stop">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">It does not start; it says why.</exception>
    public static async Task<KinesisLocal> StartAsync(TimeSpan? change = null, int pace = 1, CancellationToken stop = default)
    {
        var time = $"{Milliseconds((change ?? TimeSpan.FromMilliseconds(20)) * pace)}ms";
        string[] durations =
        [
            "CREATE_STREAM_DURATION", "DELETE_STREAM_DURATION", "SPLIT_SHARD_DURATION", "MERGE_SHARDS_DURATION", "UPDATE_SHARD_COUNT_DURATION", "REGISTER_STREAM_CONSUMER_DURATION",
            "START_STREAM_ENCRYPTION_DURATION", // deregistering a consumer takes this long, whatever the name says
        ];
        var emulator = new KinesisLocal(Begin("kinesis-local", [], [.. durations.Select(d => (d, time)), ("SHARD_LIMIT", "10000"), ("AWS_REGION", Region), ("PACE", pace.ToString(CultureInfo.InvariantCulture))]));
        await emulator.ReadyAsync(stop);
        return emulator;
    }

    private protected override void Listens(string kind, string port)
    {
        if (kind == "tls") TlsEndpoint = $"https://127.0.0.1:{port}";
        else base.Listens(kind, port);
    }
}
