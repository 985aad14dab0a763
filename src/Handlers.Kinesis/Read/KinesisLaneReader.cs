namespace Handlers.Kinesis;

/// <summary>Looks into one shard.</summary>
internal sealed class KinesisLaneReader : ILaneReader
{
    private const int Most = 10_000; // records of one answer

    private readonly ShardReader shard;
    private readonly ShardToRead what;

    private KinesisLaneReader(ShardReader shard, ShardToRead what) => (this.shard, this.what) = (shard, what);

    /// <summary>Finds where it begins, so that what is published from then on is read.</summary>
    public static async ValueTask<KinesisLaneReader> OpenAsync(KinesisTransport transport, ShardToRead what, CancellationToken stop)
    {
        var reader = new KinesisLaneReader(new ShardReader(transport.Calls, transport.Streams, what, transport.Options), what);
        if (await reader.shard.OpenAsync(stop) == ShardRead.StartedOver) throw reader.Refused();
        return reader;
    }

    public async ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(into);
        stop.ThrowIfCancellationRequested();
        while (!shard.TryTake(into))
        {
            switch (await shard.FetchAsync(Math.Clamp(into.MaxCount, 1, Most), stop))
            {
                case ShardRead.End: return LaneRead.Ended;
                case ShardRead.StartedOver: throw Refused();
                case ShardRead.Nothing when shard.State.LagTime == TimeSpan.Zero: return LaneRead.AtEnd;
                case ShardRead.Nothing: return LaneRead.Messages; // a stretch of the shard without records
            }
        }

        return LaneRead.Messages;
    }

    public ValueTask DisposeAsync() => shard.DisposeAsync();

    private TransportException Refused() => new($"The service refuses position {what.From} in shard '{what.Shard}' of stream '{what.Stream}': it is of another shard, or the stream was made anew.") { IsRefused = true, Kind = TransportErrorKind.Positions };
}
