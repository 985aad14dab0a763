using System.Globalization;

namespace Handlers.Kinesis.Peers;

/// <summary>npm's kinesalite: small and quick, 17 operations, HTTP/1.1. Starts in about 0.3 s.</summary>
/// <remarks>
/// Where it is not like Kinesis (3.3.3):
/// <list type="bullet">
/// <item>StreamARN is ignored: send StreamName. ListShards ignores filters and MaxResults, and a NextToken ends the process.</item>
/// <item>A time later than every record's: GetShardIterator with AT_TIMESTAMP never answers.</item>
/// <item>MillisBehindLatest is 0 while a shard is open. The last records of a closed shard come with a next iterator; one or two empty answers follow,
/// the last of them without one. There are no ChildShards, no consumers, and no EncryptionType.</item>
/// <item>A record in a child's first second has arrived up to 1 s in the future.</item>
/// <item>An empty poll moves the iterator to the second that it is then: a record of an earlier one that is stored afterwards is lost to a reader that has
/// read nothing of the shard. Put before reading, or read from the oldest record.</item>
/// <item>A shard stays open, unchanged, while its split or merge is under way. Splitting a closed shard succeeds: do not.</item>
/// <item>Nothing is throttled. Iterators live 5 minutes. A PutRecords of which one record is too large is refused as a whole; 7 MiB of JSON is too much.</item>
/// </list>
/// </remarks>
public sealed class Kinesalite : Emulator
{
    private Kinesalite(System.Diagnostics.Process process) : base(process)
    {
    }

    /// <param name="change">How long making, deleting and resharding a stream takes: 20 ms if null.</param>
    /// <param name="shards">How many open shards there may be in all streams.</param>
    /// <param name="stop">Gives up starting.</param>
    /// <exception cref="InvalidOperationException">It does not start; it says why.</exception>
    public static async Task<Kinesalite> StartAsync(TimeSpan? change = null, int shards = 500, CancellationToken stop = default)
    {
        var time = Milliseconds(change ?? TimeSpan.FromMilliseconds(20));
        var emulator = new Kinesalite(Begin("kinesalite", [$"createStreamMs={time}", $"deleteStreamMs={time}", $"updateStreamMs={time}", $"shardLimit={shards.ToString(CultureInfo.InvariantCulture)}"]));
        await emulator.ReadyAsync(stop);
        return emulator;
    }
}
