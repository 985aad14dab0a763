using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Lanes that go on elsewhere: where a rewind wants them, or because their position is not in the log any more. What is refused for a moment
/// (the group is being rearranged, a leader or coordinator moves) is tried again, as long as the group may take for a rebalance.
/// </summary>
/// <remarks>
/// A lane that plain Consume feeds is moved on the polling thread, between two calls of Consume: nothing that the client handed out before comes to
/// the lane after it, and nothing is thrown away that came after. librdkafka stops fetching where a position is gone, and does not seek any more
/// then: only a new assignment, which is the polling thread's too, makes it go on.
/// </remarks>
internal sealed class Moves(KafkaSubscription subscription, KafkaTransport transport, IConsumer<byte[], byte[]> consumer, Assigned assigned, Starts starts, Commits commits)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(100);

    private string Group => subscription.Group;

    /// <summary>Goes to a position: the client seeks and the group's position is written, in one turn of the calls.</summary>
    public Task SeekAsync(KafkaLane lane, StartPosition to, CancellationToken stop) => AgainAsync(
        lane, () => subscription.Calls.RunAsync(() => commits.Between(() => Seek(lane, to)), stop), $"Moving lane {lane.Id} of group '{Group}' failed", stop);

    /// <summary>The client says that a lane's position is not in the log any more: it goes on where the option says, and that is durable before it does.</summary>
    /// <param name="lane">The lane. Nothing reads it meanwhile.</param>
    /// <param name="error">What the client said.</param>
    /// <param name="stop">Ends the wait; the lane is to be asked to step over again.</param>
    public Task StepOverAsync(KafkaLane lane, Error error, CancellationToken stop) => AgainAsync(
        lane, () => TryStepOverAsync(lane, error, stop), $"Lane {lane.Id} of group '{Group}' has lost its position and cannot go on elsewhere", stop);

    private async Task TryStepOverAsync(KafkaLane lane, Error error, CancellationToken stop)
    {
        var next = lane.Next;
        var bounds = await subscription.Calls.RunAsync(() => consumer.QueryWatermarkOffsets(lane.Partition, transport.Options.CallTimeout), stop);
        if (next >= bounds.Low.Value && next <= bounds.High.Value)
        {
            // That was said of where the lane was before: the client only has to be told to go on. Said of the same offset again it means something else.
            if (lane.TakenUp == next) throw lane.CannotRead(error);
            await subscription.Polled.RunAsync(() =>
            {
                assigned.Reassign(lane, next);
                return lane.TakenUp = next;
            }, stop);
            return;
        }

        var to = transport.Options.OnLostPosition == KafkaLostPosition.Earliest ? bounds.Low : bounds.High;
        if (transport.Options.OnLostPosition == KafkaLostPosition.Fail || !lane.TryPass(to)) throw lane.CannotRead(error);
        await commits.FlushAsync(stop);
        await subscription.Polled.RunAsync(() =>
        {
            assigned.Reassign(lane, to);
            KafkaLogs.PositionLost(transport.Log, Group, lane.Id, to.Value);
            return true;
        }, stop);
    }

    /// <summary>On the thread of the calls, between commits.</summary>
    private bool Seek(KafkaLane lane, StartPosition to)
    {
        var offset = starts.Find(lane.Partition, to);
        if (lane.IsConsumed || !TrySeek(lane, offset)) subscription.Polled.RunAsync(() => TrySeek(lane, offset) || Reassign(lane, offset), CancellationToken.None).GetAwaiter().GetResult();
        consumer.Commit([new TopicPartitionOffset(lane.Partition, offset)]);
        return true;
    }

    /// <summary>False: the client does not fetch the partition, not yet or not any more.</summary>
    private bool TrySeek(KafkaLane lane, Offset offset)
    {
        try
        {
            consumer.Seek(new TopicPartitionOffset(lane.Partition, offset));
        }
        catch (KafkaException e) when (e.Error.Code == ErrorCode.Local_State)
        {
            return false;
        }

        lane.MovedTo(offset, transport.Epochs.Next());
        return true;
    }

    /// <summary>On the polling thread.</summary>
    private bool Reassign(KafkaLane lane, Offset offset)
    {
        assigned.Reassign(lane, offset);
        lane.MovedTo(offset, transport.Epochs.Next());
        return true;
    }

    private async Task AgainAsync(KafkaLane lane, Func<Task> attempt, string failed, CancellationToken stop)
    {
        var began = transport.Time.GetTimestamp();
        while (true)
        {
            try
            {
                await attempt();
                return;
            }
            catch (Exception e) when (Passes(e) && !subscription.IsLeaving && !lane.Lost.IsCancellationRequested && transport.Time.GetElapsedTime(began) < transport.Options.RebalanceTimeout)
            {
                await Task.Delay(Pause, transport.Time, stop);
            }
            catch (KafkaException e)
            {
                throw PartitionErrors.Failed(e.Error, failed, e);
            }
        }
    }

    private static bool Passes(Exception e) => e is KafkaException { Error: var error } ? !PartitionErrors.Ends(error) : e is TransportException { IsTransient: true, IsRefused: false };
}
