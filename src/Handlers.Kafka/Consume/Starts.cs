using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Where lanes begin. A group that has no position anywhere in a topic begins where its handlers say; that is resolved once, for every
/// partition of the topic, and committed before anything is read, so that a crash before the first commit skips nothing. A partition that
/// appears later has no position while others have: it begins at its earliest message. What a pattern matches is as one topic in this, and a
/// topic that is matched later as a partition that appears later.
/// </summary>
/// <remarks>Called on threads that may block: in the client's rebalance callback, and on the thread of the calls.</remarks>
/// <param name="client">The member of the group.</param>
/// <param name="request">What is subscribed to.</param>
/// <param name="options">Time limits, and where groups begin.</param>
/// <param name="subscribed">The topics of now.</param>
/// <param name="ask">What a broker knows of a topic.</param>
internal sealed class Starts(IConsumer<byte[], byte[]> client, SubscriptionRequest request, KafkaOptions options, Subscribed subscribed, Func<string, TopicMetadata> ask)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    /// <summary>
    /// An offset for each partition, in their order; and those that are only resolved yet, of other members' partitions too. A leader or
    /// coordinator that moves meanwhile is waited for, as long as the group waits for this member at most.
    /// </summary>
    public (List<TopicPartitionOffset> Offsets, List<TopicPartitionOffset> Resolved) Of(List<TopicPartition> partitions, TimeProvider time, Func<bool> isLeaving)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                return Of(partitions);
            }
            catch (KafkaException e) when (Passes(e.Error) && !isLeaving() && time.GetElapsedTime(began) < options.RebalanceTimeout)
            {
                Task.Delay(Pause, time).GetAwaiter().GetResult(); // the polling thread, which may block here
            }
        }
    }

    private (List<TopicPartitionOffset> Offsets, List<TopicPartitionOffset> Resolved) Of(List<TopicPartition> partitions)
    {
        var offsets = Committed(partitions);
        var unset = offsets.Where(static o => o.Value.IsSpecial).Select(static o => o.Key.Topic).ToHashSet(StringComparer.Ordinal);
        var resolved = partitions.Where(p => unset.Contains(p.Topic)).GroupBy(p => request.Find(p.Topic)!).SelectMany(g => Resolve(g.Key, [.. g])).ToList();
        foreach (var found in resolved)
            if (offsets.ContainsKey(found.TopicPartition)) offsets[found.TopicPartition] = found.Offset;
        // Without an offset the client would look for a commit, find none, and say that the position is not in the log any more.
        if (partitions.FirstOrDefault(p => offsets[p].IsSpecial) is { } unknown) throw NotYet(unknown.Topic, $"where partition {unknown.Partition.Value} begins is not known");
        return ([.. partitions.Select(p => new TopicPartitionOffset(p, offsets[p]))], resolved);
    }

    /// <summary>
    /// Commits what was resolved, unless another member has begun meanwhile with what it found a moment ago: that, and its progress, stays.
    /// Returns what holds now.
    /// </summary>
    public Dictionary<TopicPartition, Offset> MakeDurable(List<TopicPartitionOffset> resolved)
    {
        var offsets = Committed([.. resolved.Select(static r => r.TopicPartition)]);
        var missing = resolved.Where(r => offsets[r.TopicPartition].IsSpecial).ToList();
        if (missing.Count > 0) client.Commit(missing);
        foreach (var start in missing) offsets[start.TopicPartition] = start.Offset;
        return offsets;
    }

    /// <summary>The offset of a position. Refused where the log has none such.</summary>
    public Offset Find(TopicPartition partition, StartPosition to)
    {
        if (to.After is not { } after) return Find(partition, to.From == StartFrom.Default ? options.Start : to.From, to.Time);
        var bounds = client.QueryWatermarkOffsets(partition, options.CallTimeout);
        var offset = after.Number + 1;
        if (after.Sequence is not null || offset < bounds.Low.Value || offset > bounds.High.Value)
            throw Lookups.Refused(partition, after, bounds);
        return offset;
    }

    private Offset Find(TopicPartition partition, StartFrom from, DateTimeOffset time)
    {
        if (from == StartFrom.Time)
        {
            var found = client.OffsetsForTimes([Lookups.AtOrAfter(partition, time)], options.CallTimeout)[0].Offset;
            if (!found.IsSpecial) return found;
            from = StartFrom.Latest; // nothing is as late
        }

        var bounds = client.QueryWatermarkOffsets(partition, options.CallTimeout);
        return from == StartFrom.Earliest ? bounds.Low : bounds.High;
    }

    /// <summary>Of a new group, all that it reads by this name or pattern: another member must not take what one has resolved for a beginning of the group.</summary>
    private List<TopicPartitionOffset> Resolve(SubscribedTopic wanted, List<TopicPartition> assigned)
    {
        var ours = assigned.Select(static p => p.Topic).ToHashSet(StringComparer.Ordinal);
        var topics = TopicPattern.IsPattern(wanted.Topic) ? subscribed.Topics.Where(t => request.Find(t) == wanted).Union(ours) : ours;
        var committed = Committed([.. topics.SelectMany(t => Partitions(t, assigned))]);
        var isNew = committed.Values.All(static o => o.IsSpecial);
        return [.. committed.Where(c => c.Value.IsSpecial && (isNew || ours.Contains(c.Key.Topic)))
            .Select(c => new TopicPartitionOffset(c.Key, isNew && !subscribed.IsLater(c.Key.Topic) ? Find(c.Key, wanted.Start) : Find(c.Key, StartFrom.Earliest, default)))];
    }

    private Dictionary<TopicPartition, Offset> Committed(List<TopicPartition> partitions) =>
        client.Committed(partitions, options.CallTimeout).ToDictionary(static c => c.TopicPartition, static c => c.Offset);

    /// <summary>
    /// The broker that is asked may know less than the one that assigned: what is assigned is there, and as partitions are numbered from 0 on, so are
    /// those before it.
    /// </summary>
    private IEnumerable<TopicPartition> Partitions(string topic, List<TopicPartition> assigned)
    {
        var known = ask(topic);
        var count = assigned.Where(p => p.Topic == topic).Select(static p => p.Partition.Value + 1).DefaultIfEmpty().Max();
        if (known.Error.IsError)
        {
            if (count == 0 && known.Error.Code == ErrorCode.UnknownTopicOrPart) return []; // a pattern matched it, and it is gone
            throw Passes(known.Error) ? NotYet(topic, known.Error.Reason) : new KafkaException(known.Error);
        }

        return Enumerable.Range(0, Math.Max(count, known.Partitions.Count)).Select(p => new TopicPartition(topic, p));
    }

    /// <summary>The group has assigned it, so a broker that does not know of it will in a moment.</summary>
    private static bool Passes(Error error) =>
        !PartitionErrors.Ends(error) || error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic or ErrorCode.Local_UnknownPartition;

    private static KafkaException NotYet(string topic, string why) => new(new Error(ErrorCode.LeaderNotAvailable, $"topic '{topic}': {why}"));
}
