using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>Reads a shard by GetRecords. Used by the lane's one reader; <see cref="State"/> by anyone.</summary>
internal sealed class ShardReader(KinesisCalls calls, KinesisStreams streams, ShardToRead shard, KinesisOptions options) : IShardReader
{
    private static readonly TimeSpan BeforeAskingAgain = TimeSpan.FromSeconds(1);

    private readonly ShardProgress progress = new(calls, streams, shard, options.OnLostPosition);
    private readonly FetchPace pace = new(options.FetchInterval, calls.Time);
    private string? iterator;         // null: to be asked for
    private List<ChildShard>? ending; // the last answer said that the shard ends, with these; not confirmed yet

    public LaneState State => progress.State;

    public long Replayed => progress.Replayed;

    public IReadOnlyList<Shard> Children => progress.Children;

    public ValueTask<ShardRead> OpenAsync(CancellationToken stop) =>
        iterator is not null || progress.HasEnded ? new(ShardRead.Nothing) : progress.OpenAsync(IterateAsync, stop);

    public bool TryTake(MessageBatch into) => progress.TryTake(into);

    public async ValueTask<ShardRead> FetchAsync(int limit, CancellationToken stop)
    {
        if (progress.HasMore) return ShardRead.Records;
        if (progress.HasEnded || (ending is not null && await HasEndedAsync(stop))) return ShardRead.End;
        await pace.WaitAsync(stop);
        if (await OpenAsync(stop) == ShardRead.StartedOver) return ShardRead.StartedOver;
        if (progress.HasEnded) return ShardRead.End;
        try
        {
            pace.Called();
            return Accept(await calls.RecordsAsync(shard.Stream, shard.Shard, iterator!, limit, stop));
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.ExpiredIterator))
        {
            KinesisLogs.IteratorExpired(calls.Log, shard.Stream, shard.Shard, progress.At);
            iterator = null;
            return ShardRead.Nothing;
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            if (!await progress.IsRemovedAsync(stop)) throw;
            return ShardRead.End;
        }
    }

    public ValueTask DisposeAsync() => default;

    private async ValueTask IterateAsync(StartingPoint at, CancellationToken stop) =>
        iterator = await calls.IteratorAsync(shard.Stream, shard.Shard, at.Type, at.Sequence, at.Time, stop);

    private ShardRead Accept(GetRecordsResponse answer)
    {
        var records = answer.Records ?? [];
        pace.Got(records.Sum(static r => (r.Data?.Length ?? 0) + (r.PartitionKey?.Length ?? 0)));
        // The iterator stays while the end is not confirmed: what it brings again is dropped.
        if (string.IsNullOrEmpty(answer.NextShardIterator)) ending = answer.ChildShards ?? [];
        else iterator = answer.NextShardIterator;
        return progress.Accept(records, answer.MillisBehindLatest);
    }

    /// <summary>An end is one when there are shards in its place. Otherwise it is not, and is asked for again.</summary>
    private async ValueTask<bool> HasEndedAsync(CancellationToken stop)
    {
        if (await progress.HasEndedAsync(ending!, stop)) return true;
        ending = null;
        await Task.Delay(BeforeAskingAgain, calls.Time, stop);
        return false;
    }
}
