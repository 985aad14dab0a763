namespace Handlers.Kinesis;

/// <summary>The shards of a stream, as a group reads them: which there are, and readers at places of them.</summary>
internal sealed class StreamShards
{
    private readonly KinesisTransport transport;
    private readonly string group;
    private readonly SubscribedTopic topic;

    public StreamShards(KinesisTransport transport, string group, SubscribedTopic topic, string stream)
    {
        this.transport = transport;
        this.group = group;
        this.topic = topic;
        Stream = stream;
        From = Resolve(topic.Start);
    }

    /// <summary>The stream's name at the service.</summary>
    public string Stream { get; }

    /// <summary>The stream's name in the app.</summary>
    public string Topic => topic.Topic;

    /// <summary>Where the group begins.</summary>
    public LeaseCheckpoint From { get; }

    /// <summary>The only shard that is to be read; null: all.</summary>
    public string? Only => transport.OnlyShardOf(Topic);

    /// <summary>What a position, a time or an end is as a checkpoint.</summary>
    public LeaseCheckpoint Resolve(StartPosition to) => to switch
    {
        { After: { } position } => LeaseCheckpoint.After(position),
        { From: StartFrom.Earliest } => LeaseCheckpoint.Horizon,
        { From: StartFrom.Latest } => LeaseCheckpoint.Latest(transport.Time.GetUtcNow()),
        { From: StartFrom.Time } => LeaseCheckpoint.At(to.Time),
        _ => transport.Options.Start switch
        {
            StartFrom.Earliest => LeaseCheckpoint.Horizon,
            StartFrom.Time => LeaseCheckpoint.At(transport.Options.StartAt!.Value),
            _ => LeaseCheckpoint.Latest(transport.Time.GetUtcNow()),
        },
    };

    /// <summary>A reader at a place of a shard.</summary>
    /// <param name="shard">Its id.</param>
    /// <param name="from">Where it begins.</param>
    /// <param name="isNew">The end as it is now is meant, where it begins at the latest record.</param>
    public IShardReader Reader(string shard, LeaseCheckpoint from, bool isNew) =>
        transport.ReaderOf(group, new ShardToRead(Stream, shard, from, topic.Reads) { IsNew = isNew, Start = From });

    /// <summary>The same, looked up at the service. Refused where there is no such place.</summary>
    public async ValueTask<IShardReader> OpenAsync(string shard, LeaseCheckpoint from, bool isNew, CancellationToken stop)
    {
        var reader = Reader(shard, from, isNew);
        try
        {
            await reader.OpenAsync(stop);
            return reader;
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    /// <summary>The stream's shards, or the only one that is to be read.</summary>
    public async ValueTask<IReadOnlyList<Shard>> ListAsync(CancellationToken stop)
    {
        var shards = await transport.Streams.ShardsAsync(Stream, stop);
        if (Only is not { } only) return shards;
        var shard = shards.FirstOrDefault(s => s.Id == only) ?? throw new TransportException(
            $"Stream '{Stream}' has no shard '{only}'.{Closest.Hint(only, shards.Select(static s => s.Id))} Name one that it has as ShardId (KINESIS_SHARD_ID), or none to read them all.");
        return [shard];
    }
}
