using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Where lanes begin. A group that has no position anywhere in a topic begins where its handlers say; that is resolved once, for every
/// partition of the topic, and committed before anything is read, so that a crash before the first commit skips nothing. A partition that
/// appears later has no position while others have: it begins at its earliest message.
/// </summary>
/// <remarks>Called on threads that may block: in the client's rebalance callback, and on the thread of the calls.</remarks>
internal sealed class Starts(IConsumer<byte[], byte[]> client, SubscriptionRequest request, KafkaOptions options)
{
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, Offset> open = []; // guarded by gate: resolved, and refused by the broker so far

    /// <summary>
    /// Whether where this partition begins is not durable yet: another rebalance had begun, and the group takes nothing until this member has
    /// joined again, for which it must first leave the callback. The lane reads nothing before <see cref="Save"/> has succeeded.
    /// </summary>
    public bool IsOpen(TopicPartition partition)
    {
        lock (gate) return open.ContainsKey(partition);
    }

    /// <summary>Makes durable what is not, of every partition that was resolved: but where another member has begun meanwhile.</summary>
    public void Save()
    {
        List<TopicPartitionOffset> missing;
        lock (gate) missing = [.. open.Select(static o => new TopicPartitionOffset(o.Key, o.Value))];
        if (missing.Count == 0) return;
        var still = Committed([.. missing.Select(static m => m.TopicPartition)]);
        missing = [.. missing.Where(m => still[m.TopicPartition].IsSpecial)];
        try
        {
            if (missing.Count > 0) client.Commit(missing);
        }
        catch (TopicPartitionOffsetException e)
        {
            throw new KafkaException(e.Results.First(static r => r.Error.IsError).Error, e);
        }

        lock (gate)
            foreach (var partition in still.Keys) open.Remove(partition);
    }

    /// <summary>An offset for each partition, in their order.</summary>
    public List<TopicPartitionOffset> Of(List<TopicPartition> partitions)
    {
        var offsets = Committed(partitions);
        foreach (var topic in offsets.Where(static o => o.Value.IsSpecial).Select(static o => o.Key.Topic).Distinct().ToList())
            foreach (var (partition, offset) in Resolve(topic))
                if (offsets.ContainsKey(partition)) offsets[partition] = offset;
        return [.. partitions.Select(p => new TopicPartitionOffset(p, offsets[p]))];
    }

    /// <summary>The offset of a position. Refused where the log has none such.</summary>
    public Offset Find(TopicPartition partition, StartPosition to)
    {
        if (to.After is not { } after) return Find(partition, to.From == StartFrom.Default ? options.Start : to.From, to.Time);
        var bounds = client.QueryWatermarkOffsets(partition, options.CallTimeout);
        var offset = after.Number + 1;
        if (after.Sequence is not null || offset < bounds.Low.Value || offset > bounds.High.Value)
            throw new TransportException($"Partition {partition.Partition.Value} of topic '{partition.Topic}' has no position {after}: it holds {bounds.Low.Value} to {bounds.High.Value - 1}.") { IsRefused = true };
        return offset;
    }

    private Offset Find(TopicPartition partition, StartFrom from, DateTimeOffset time)
    {
        if (from == StartFrom.Time)
        {
            var found = client.OffsetsForTimes([new TopicPartitionTimestamp(partition, new Timestamp(time.ToUnixTimeMilliseconds(), TimestampType.CreateTime))], options.CallTimeout)[0].Offset;
            if (!found.IsSpecial) return found;
            from = StartFrom.Latest; // nothing is as late
        }

        var bounds = client.QueryWatermarkOffsets(partition, options.CallTimeout);
        return from == StartFrom.Earliest ? bounds.Low : bounds.High;
    }

    private List<(TopicPartition Partition, Offset Offset)> Resolve(string topic)
    {
        var all = Partitions(topic);
        var committed = Committed(all);
        var isNew = committed.Values.All(static o => o.IsSpecial);
        var start = request.Topics.First(t => t.Topic == topic).Start;
        var resolved = new List<TopicPartitionOffset>();
        foreach (var partition in all.Where(p => committed[p].IsSpecial))
            resolved.Add(new(partition, isNew ? Find(partition, start) : Find(partition, StartFrom.Earliest, default)));
        // Another member may have begun meanwhile, with what it found a moment ago: its progress stays.
        var still = Committed(all);
        var missing = resolved.Where(r => still[r.TopicPartition].IsSpecial).ToList();
        lock (gate)
            foreach (var each in missing) open[each.TopicPartition] = each.Offset;
        try
        {
            Save();
        }
        catch (KafkaException e) when (PartitionErrors.IsOfRebalance(e.Error))
        {
            // Thrown out of the callback it would end the subscription: lanes see to it when they first read.
        }

        return [.. all.Select(p => (p, still[p].IsSpecial ? missing.First(m => m.TopicPartition == p).Offset : still[p]))];
    }

    private Dictionary<TopicPartition, Offset> Committed(List<TopicPartition> partitions) =>
        client.Committed(partitions, options.CallTimeout).ToDictionary(static c => c.TopicPartition, static c => c.Offset);

    private List<TopicPartition> Partitions(string topic)
    {
        using var admin = new DependentAdminClientBuilder(client.Handle).Build();
        return [.. admin.GetMetadata(topic, options.CallTimeout).Topics.First(t => t.Topic == topic).Partitions.Select(p => new TopicPartition(topic, p.PartitionId))];
    }
}
