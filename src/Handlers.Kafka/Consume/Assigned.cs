using System.Diagnostics.CodeAnalysis;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// What the group gives this process, by the client's rebalance callbacks. They run on the polling thread; the group waits for them.
/// </summary>
/// <remarks>
/// Each step of a rebalance goes through here in its order: lanes begin, are asked back and waited for, or are lost. A partition that is revoked
/// and assigned again in one rebalance gets a new lane. The client does the incremental assignment itself: nothing here calls Assign.
/// </remarks>
internal sealed class Assigned(KafkaSubscription subscription, KafkaTransport transport, SubscriptionRequest request)
{
    private readonly Lock gate = new();
    private readonly Dictionary<TopicPartition, KafkaLane> lanes = []; // guarded by gate; written by the polling thread
    private readonly Dictionary<TopicPartition, ConsumedSource> consumed = []; // the polling thread's: lanes that plain Consume feeds

    /// <summary>The client; set before it polls.</summary>
    public IConsumer<byte[], byte[]> Client { get; set; } = null!;

    /// <summary>Where lanes begin; set before the client polls.</summary>
    public Starts Starts { get; set; } = null!;

    /// <summary>The lanes that are ours now.</summary>
    public IReadOnlyList<KafkaLane> Lanes
    {
        get
        {
            lock (gate) return [.. lanes.Values];
        }
    }

    /// <summary>Partitions were assigned. Where each begins is durable when this returns, or when the lane first reads.</summary>
    public IEnumerable<TopicPartitionOffset> Begin(List<TopicPartition> partitions)
    {
        var offsets = Starts.Of(partitions);
        foreach (var offset in offsets)
        {
            var partition = offset.TopicPartition;
            var lane = new KafkaLane(subscription, partition, Source(offset), transport.Epochs.Next(), Starts.IsOpen(partition));
            lock (gate) lanes[partition] = lane;
            KafkaLogs.LaneAssigned(transport.Log, request.Group, lane.Id);
            subscription.Lanes.TryWrite(lane);
        }

        return offsets;
    }

    /// <summary>The group wants partitions back, and waits: until they are released, or the budget is over.</summary>
    public void Revoke(List<TopicPartitionOffset> partitions)
    {
        var going = Take(partitions);
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
        ((IAsyncResult)Task.WhenAll(going.Select(static l => l.Released))).AsyncWaitHandle.WaitOne(budget);
        foreach (var lane in going.Where(static l => !l.Released.IsCompleted))
        {
            KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "it was not given back in time");
            lane.Lose();
        }

        Remove(going);
        // A commit that is under way has these lanes in it: it must not arrive when they are another's.
        var left = budget - transport.Time.GetElapsedTime(began);
        subscription.Calls.WaitUntilDone(left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1));
    }

    /// <summary>Partitions are another's already.</summary>
    public void Lose(List<TopicPartitionOffset> partitions)
    {
        var gone = Take(partitions);
        Remove(gone);
        foreach (var lane in gone)
        {
            KafkaLogs.LaneLost(transport.Log, request.Group, lane.Id, "the group gave it to another member");
            lane.Lose();
        }
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
        source.Fail(failed.Error);
        return true;
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
        var reads = request.Topics.First(t => t.Topic == partition.Topic).Reads;
        if (transport.Options.Reads != KafkaReads.Consume && ClientHandle.Of(Client.Handle) is { } handle)
            return new QueueSource(new ClientMemory(handle, Client), partition, reads, error => KafkaLogs.ClientError(transport.Log, request.Group, error.Code, error.Reason));
        if (transport.Options.Reads == KafkaReads.Queues)
            throw new TransportException("Kafka: Reads is Queues, and the partition queues of librdkafka cannot be bound on this platform. Leave it out to read by Consume instead.");
        return consumed[partition.TopicPartition] = new ConsumedSource(Client, partition, reads);
    }
}
