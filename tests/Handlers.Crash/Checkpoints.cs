using System.Globalization;
using Handlers.Kinesis;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Crash;

/// <summary>A shard's checkpoint on disk, written as often as the disk lets it: so a kill comes while one is being written.</summary>
internal static class Checkpoints
{
    public static readonly ShardKey Shard = new("search-index", "papers", "shardId-000000000000");

    /// <summary>Goes on from what is there. Each number that is said was written before.</summary>
    public static async Task WriteAsync(string folder)
    {
        await using var store = new DiskCheckpoints(folder, NullLogger.Instance);
        for (var number = await ReadAsync(store) + 1; ; number++)
        {
            await store.WriteAsync(Shard, new ShardCheckpoint { Handled = new Position(number.ToString(CultureInfo.InvariantCulture), 0) }, CancellationToken.None);
            await Console.Out.WriteLineAsync(number.ToString(CultureInfo.InvariantCulture));
        }
    }

    /// <summary>The last one, or 0. Throws where it cannot be understood.</summary>
    public static async Task<long> ReadAsync(DiskCheckpoints store) =>
        await store.ReadAsync(Shard, CancellationToken.None) is { Handled.Sequence: { } sequence } ? long.Parse(sequence, CultureInfo.InvariantCulture) : 0;
}
