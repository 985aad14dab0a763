using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// What the group gives this process, by the client's rebalance callbacks. They run on the polling thread; the group waits for them.
/// </summary>
/// <remarks>
/// Each step of a rebalance goes through here in its order: lanes begin, are asked back and waited for, or are lost. A partition that is revoked
/// and assigned again in one rebalance gets a new lane. The client does the incremental assignment itself: nothing in a callback calls Assign.
/// </remarks>
internal sealed class Assigned(KafkaSubscription subscription, KafkaTransport transport, SubscriptionRequest request)
{
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, KafkaLane> lanes = []; // guarded by gate; written by the polling thread
    private readonly List<(List<KafkaLane> Lanes, List<TopicPartitionOffset> Resolved)> waiting = []; // the polling thread's: lanes whose start is not durable yet
    private readonly Dictionary<TopicPartition, ConsumedSource> consumed = []; // the polling thread's: lanes that plain Consume feeds

    private volatile List<KafkaLane> revoking = []; // lanes that are waited for now; written by the polling thread

    /// <summary>The client; set before it polls.</summary>
    public IConsumer<byte[], byte[]> Client { get; set; } = null!;

    /// <summary>Where lanes begin; set before the client polls.</summary>
    public Starts Starts { get; set; } = null!;

    /// <summary>Whether lanes wait for their start. On the polling thread.</summary>
    public bool IsWaiting => waiting.Count > 0;

    /// <summary>The lanes that are ours now.</summary>
    public IReadOnlyList<KafkaLane> Lanes
    {
        get
        {
            lock (gate) return [.. lanes.Values];
        }
    }

    /// <summary>Partitions were assigned. Lanes whose start is durable begin; the others wait for <see cref="BeginWaiting"/>.</summary>
    public IEnumerable<TopicPartitionOffset> Begin(List<TopicPartition> partitions)
    {
        // Assigned before the client was told to leave, heard of in its end: nobody wants the lanes, and the group answers no question any more.
        if (subscription.IsLeaving) return partitions.Select(static p => new TopicPartitionOffset(p, Offset.Unset));
        var (offsets, resolved) = Starts.Of(partitions, transport.Time, () => subscription.IsLeaving);
        var begun = offsets.ConvertAll(offset => new KafkaLane(subscription, offset.TopicPartition, Source(offset), transport.Epochs.Next()));
        lock (gate)
            foreach (var lane in begun) lanes[lane.Partition] = lane;
        foreach (var lane in begun) KafkaLogs.LaneAssigned(transport.Log, request.Group, lane.Id);
        var unsure = begun.Where(l => resolved.Any(r => r.TopicPartition == l.Partition)).ToList();
        foreach (var lane in begun.Except(unsure)) subscription.Lanes.TryWrite(lane);
        if (unsure.Count > 0) waiting.Add((unsure, resolved));
        return offsets;
    }

    /// <summary>
    /// Begins lanes of a new group when their starts are durable. Not inside of the callback that assigned them: another member may have come
    /// meanwhile, and the group takes no commit before this one has joined again. On the polling thread, again and again.
    /// </summary>
    public void BeginWaiting()
    {
        for (var i = waiting.Count - 1; i >= 0; i--)
        {
            var (unsure, resolved) = waiting[i];
            try
            {
                unsure.RemoveAll(l => !Has(l));
                var durable = unsure.Count > 0 ? Starts.MakeDurable(resolved) : [];
                foreach (var lane in unsure.ToList())
                {
                    if (resolved.First(r => r.TopicPartition == lane.Partition).Offset != durable[lane.Partition]) lane.StartAt(Client, durable[lane.Partition]);
                    subscription.Lanes.TryWrite(lane);
                    unsure.Remove(lane);
                }

                waiting.RemoveAt(i);
            }
            catch (KafkaException e) when (!PartitionErrors.Ends(e.Error))
            {
                KafkaLogs.StartNotDurable(transport.Log, request.Group, e.Error.Code);
            }
        }
    }

    /// <summary>The group wants partitions back, and waits: until they are released, or the budget is over.</summary>
    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        var going = Take(partitions);
        foreach (var lane in going.Where(l => waiting.Any(w => w.Lanes.Contains(l)))) lane.Lose(); // nobody has it yet
        if (subscription.IsLeaving)
        {
            foreach (var lane in going) lane.Lose();
            return;
        }

        var budget = request.RevokeBudget < transport.Options.RebalanceTimeout ? request.RevokeBudget : transport.Options.RebalanceTimeout;
        var began = transport.Time.GetTimestamp();
        var deadline = transport.Time.GetUtcNow() + budget;
        foreach (var lane in going)
        {
            KafkaLogs.LaneRevoked(transport.Log, request.Group, lane.Id, deadline);
            lane.Revoke(deadline);
        }

        // The polling thread is the client's here, and may block: the group waits for this member until max.poll.interval.ms.
        revoking = going;
        subscription.Wait(Task.WhenAll(going.Select(static l => l.Released)), budget);
        revoking = [];
        foreach (var lane in going.Where(static l => !l.Released.IsCompleted))
        {
            KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "it was not given back in time");
            lane.Lose();
        }

        Remove(going);
        // A commit that is under way has these lanes in it: it must not arrive when they are another's.
        var left = budget - transport.Time.GetElapsedTime(began);
        subscription.WaitUntilDone(left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
    }

    /// <summary>
    /// The group has refused commits for long because it is being rearranged. Where it waits for lanes that it wants back it may take none any more: this
    /// member joins again, and is one that may commit, only when they are given back. They end without.
    /// </summary>
    public void LoseRevoked()
    {
        foreach (var lane in revoking.Where(static l => !l.Released.IsCompleted))
        {
            KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "the group has gone on without this member, and takes no commit of it");
            lane.Lose();
        }
    }

    /// <summary>Topics are not in the cluster any more: their lanes have nothing to commit to. The client takes them back when it subscribes to them no longer.</summary>
    public void LoseGone(IReadOnlySet<string> topics)
    {
        foreach (var lane in Lanes.Where(l => topics.Contains(l.Partition.Topic) && !l.Released.IsCompleted))
        {
            KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "its topic is not in the cluster any more");
            lane.Lose();
        }
    }

    /// <summary>Partitions are another's already.</summary>
    public void Lose(List<TopicPartitionOffset> partitions)
    {
        var gone = Take(partitions);
        foreach (var lane in gone) lane.Lose(); // before anything that takes time: a commit must not leave out a lane that does not know yet
        Remove(gone);
        foreach (var lane in gone) KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "the group gave it to another member");
    }

    /// <summary>
    /// The client fetches a partition anew, from this offset on, where it has stopped and does not seek. On the polling thread, and refused in a callback:
    /// the assignment is not to be changed there. The client takes it for the answer to a rebalance only where that begins in this very moment; the
    /// callback which comes then takes or gives the same partitions.
    /// </summary>
    public void Reassign(KafkaLane lane, Offset offset)
    {
        if (subscription.IsInCallback || subscription.IsLeaving || !Has(lane)) throw new KafkaException(ErrorCode.Local_State);
        try
        {
            Client.IncrementalUnassign([lane.Partition]);
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            ReassignAll(lane, offset); // an eager group's assignment is changed as a whole
            return;
        }

        lane.Restart(offset, at => Client.IncrementalAssign([new TopicPartitionOffset(lane.Partition, at!.Value)]));
    }

    /// <summary>What plain Consume returned: for a lane that reads so, or of a partition that was just revoked.</summary>
    public void Hand(ConsumeResult<byte[], byte[]> result)
    {
        if (consumed.TryGetValue(result.TopicPartition, out var source)) source.Add(result);
    }

    /// <summary>The same of an error in a message's place. False: it is no lane's that reads so.</summary>
    public bool Hand(ConsumeException failed)
    {
        if (failed.ConsumerRecord is not { } record || !consumed.TryGetValue(record.TopicPartition, out var source)) return false;
        // The client goes on fetching where an error passes.
        if (PartitionErrors.Ends(failed.Error)) source.Fail(failed.Error);
        else transport.Clients.Reports.Report(request.Group, failed.Error);
        return true;
    }

    /// <summary>The other lanes go on behind what they have read; none reads until they may.</summary>
    private void ReassignAll(KafkaLane moved, Offset offset)
    {
        var all = Lanes;
        var assignment = new List<TopicPartitionOffset>();
        Restart(0);

        void Restart(int i)
        {
            if (i == all.Count)
            {
                Client.Assign(assignment);
                return;
            }

            all[i].Restart(all[i] == moved ? offset : null, at =>
            {
                if (at is { } from) assignment.Add(new TopicPartitionOffset(all[i].Partition, from));
                Restart(i + 1);
            });
        }
    }

    private bool Has(KafkaLane lane)
    {
        lock (gate) return lanes.GetValueOrDefault(lane.Partition) == lane;
    }

    private List<KafkaLane> Take(List<TopicPartitionOffset> partitions)
    {
        lock (gate) return [.. partitions.Select(p => lanes.GetValueOrDefault(p.TopicPartition)).OfType<KafkaLane>()];
    }

    private void Remove(List<KafkaLane> gone)
    {
        lock (gate)
            foreach (var lane in gone) lanes.Remove(lane.Partition);
        foreach (var lane in gone) consumed.Remove(lane.Partition);
    }

    [SuppressMessage("Performance", "CA1859", Justification = "One of two.")]
    private LaneSource Source(TopicPartitionOffset partition)
    {
        var reads = request.Find(partition.Topic)!.Reads;
        if (transport.Options.Reads != KafkaReads.Consume && ClientHandle.Of(Client.Handle) is { } handle)
            return new QueueSource(new ClientMemory(handle, Client), partition, reads, error => transport.Clients.Reports.Report(request.Group, error));
        if (transport.Options.Reads == KafkaReads.Queues)
            throw new TransportException("Kafka: Reads is Queues, and the partition queues of librdkafka cannot be bound on this platform. Leave it out to read by Consume instead.");
        var source = consumed[partition.TopicPartition] = new ConsumedSource(Client, partition, reads);
        source.Begin();
        return source;
    }
}
