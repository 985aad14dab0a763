using Amazon.DynamoDBv2.Model;

namespace Handlers.Kinesis;

/// <summary>Looks into streams, by polling: no lease is taken, and neither a table, a file nor a consumer is made.</summary>
/// <remarks>A shard answers five reads a second, whoever asks: what is read here the shard's consumers wait for. A topic is the stream that the transport says.</remarks>
internal sealed class KinesisReader(KinesisTransport transport) : ITopicReader
{
    private const int MostReads = 20; // of one shard, for the age of what is behind a position

    public async ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => [.. (await transport.Streams.NamesAsync(int.MaxValue, stop)).Select(transport.TopicOf).Distinct(StringComparer.Ordinal)];

    public async ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop) =>
        [.. (await ShardsAsync(topic, stop)).Select(s => new LaneExtent(topic, s.Id, null, null, null, s.IsClosed))];

    public async ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
    {
        var shards = await ShardsAsync(topic, stop);
        if (shards.All(s => s.Id != partition))
            throw new TransportException($"Stream '{transport.StreamOf(topic)}' has no shard '{partition}'.{Closest.Hint(partition, shards.Select(static s => s.Id))}") { Kind = TransportErrorKind.Topic };
        return await KinesisLaneReader.OpenAsync(transport, new ShardToRead(transport.StreamOf(topic), partition, CheckpointOf(topic, partition, from), MessageParts.All) { IsNew = true }, stop);
    }

    public async ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        ArgumentNullException.ThrowIfNull(topics);
        var positions = new List<GroupPosition>();
        foreach (var topic in topics)
        {
            var shards = await ShardsAsync(topic, stop);
            var kept = await KeptAsync(group, topic, shards, stop);
            foreach (var shard in shards) positions.Add(await PositionOfAsync(group, topic, shard.Id, kept.GetValueOrDefault(shard.Id), stop));
        }

        return positions;
    }

    private async ValueTask<GroupPosition> PositionOfAsync(string group, string topic, string shard, Lease? lease, CancellationToken stop)
    {
        if (lease is null) return new(group, topic, shard, null, null, null, null);
        if (lease.Checkpoint.IsEnd) return new(group, topic, shard, null, 0, TimeSpan.Zero, lease.Owner);
        var handled = lease.Checkpoint.Kind == CheckpointKind.After ? lease.Checkpoint.Handled : (Position?)null;
        return new(group, topic, shard, handled, null, await AgeAsync(topic, shard, lease.Checkpoint, stop), lease.Owner);
    }

    /// <summary>How old the first record behind a checkpoint is.</summary>
    private async ValueTask<TimeSpan?> AgeAsync(string topic, string shard, LeaseCheckpoint behind, CancellationToken stop)
    {
        // Where the checkpoint only says that it begins somewhere, that is known to whoever reads with the group's options.
        if (behind.Kind is CheckpointKind.None || behind is { Kind: CheckpointKind.Time or CheckpointKind.Latest, Time: null }) return null;
        try
        {
            await using var lane = await KinesisLaneReader.OpenAsync(transport, new ShardToRead(transport.StreamOf(topic), shard, behind, MessageParts.Timestamp), stop);
            var batch = new MessageBatch(1, 1);
            for (var i = 0; i < MostReads; i++)
            {
                var read = await lane.ReadAsync(batch, stop);
                if (batch.Count > 0) return transport.Time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(batch[0].TimestampMilliseconds) is var age && age > TimeSpan.Zero ? age : TimeSpan.Zero;
                if (read != LaneRead.Messages) return TimeSpan.Zero;
            }
        }
        catch (TransportException e) when (e.IsRefused)
        {
            // A position of another stream of this name.
        }

        return null;
    }

    private async ValueTask<Dictionary<string, Lease>> KeptAsync(string group, string topic, IReadOnlyList<Shard> shards, CancellationToken stop)
    {
        await using var leases = transport.LeasesToSee(group, transport.StreamOf(topic));
        if (leases is not null) return (await ListAsync(leases, stop)).ToDictionary(static l => l.Shard, StringComparer.Ordinal);

        await using var checkpoints = transport.Checkpoints() ?? throw new TransportException(
            "Where positions are kept is not said, so where groups stand is not known. Set CheckpointFolder (KINESIS_CHECKPOINT_VOLUME) or Leases as the group's own processes have them.")
        { Kind = TransportErrorKind.Positions };
        var kept = new Dictionary<string, Lease>(StringComparer.Ordinal);
        foreach (var shard in shards)
            if (await checkpoints.PeekAsync(new ShardKey(group, transport.StreamOf(topic), shard.Id), stop) is { } found)
                kept.Add(shard.Id, new Lease { Shard = shard.Id, Checkpoint = CheckpointLeaseStore.Of(found) });
        return kept;
    }

    private static async ValueTask<IReadOnlyList<Lease>> ListAsync(ILeaseStore leases, CancellationToken stop)
    {
        try
        {
            return await leases.ListAsync(stop);
        }
        catch (TransportException e) when (e.InnerException is ResourceNotFoundException)
        {
            return []; // no worker of the group has ever run
        }
    }

    private async ValueTask<IReadOnlyList<Shard>> ShardsAsync(string topic, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        var stream = transport.StreamOf(topic);
        try
        {
            return [.. (await transport.Streams.ShardsAsync(stream, stop)).OrderBy(static s => s.Id, StringComparer.Ordinal)];
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            throw await transport.Streams.MissingAsync(stream, e, stop);
        }
    }

    private LeaseCheckpoint CheckpointOf(string topic, string partition, StartPosition from) => from switch
    {
        { After: { Sequence: not null } after } => LeaseCheckpoint.After(after),
        { After: { } after } => throw new TransportException($"Shard '{partition}' of stream '{transport.StreamOf(topic)}' has no position {after}: one of Kinesis is a sequence number and, behind a colon, a number.") { IsRefused = true, Kind = TransportErrorKind.Positions },
        { From: StartFrom.Time } => LeaseCheckpoint.At(from.Time),
        { From: StartFrom.Latest } => LeaseCheckpoint.Latest(transport.Time.GetUtcNow()),
        _ => LeaseCheckpoint.Horizon,
    };
}
