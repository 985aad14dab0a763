using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Publishes results and commits the offsets that they belong to, in one transaction of Kafka (KIP-98). With the group's metadata of now, so
/// that a member whose lanes are another's meanwhile commits neither (KIP-447).
/// </summary>
/// <remarks>
/// Used on the thread of the calls only. A transaction is open while one commit lasts, and everything that is in it stays with the lanes until
/// that has succeeded. So one that was aborted is made again as it was, and nothing is handled twice for it. Where a commit has no answer, the
/// producer is made anew, which ends what it had left open, and the group's offsets tell how that ended.
/// </remarks>
/// <param name="make">Makes the producer.</param>
/// <param name="consumer">The member of the group.</param>
/// <param name="options">Time limits.</param>
/// <param name="time">Time.</param>
internal sealed class TransactionalProducer(Func<IProducer<byte[], byte[]>> make, IConsumer<byte[], byte[]> consumer, KafkaOptions options, TimeProvider time) : IDisposable
{
    private static readonly TimeSpan BetweenAttempts = TimeSpan.FromMilliseconds(50);

    private IProducer<byte[], byte[]>? producer; // null: to be made
    private List<LaneOutputs> inDoubt = [];      // of a transaction whose end is not known

    /// <summary>Makes the producer, and ends what one with this transactional id had left open.</summary>
    public void Start()
    {
        if (producer is not null) return;
        var made = make();
        try
        {
            Retried(made.InitTransactions);
        }
        catch
        {
            made.Dispose();
            throw;
        }

        producer = made;
    }

    /// <summary>One transaction with all that the lanes have stored. Null: it is durable, and each lane knows.</summary>
    public KafkaException? Commit(Func<IEnumerable<KafkaLane>> lanes)
    {
        try
        {
            Start();
            Settle();
            // Before the lanes: where one of them is another's by the time that this is sent, the group is in another generation, and refuses.
            var member = consumer.ConsumerGroupMetadata;
            var parts = lanes().Select(static lane => lane.ToTransact()).OfType<LaneOutputs>().ToList();
            return parts.Count == 0 ? null : Attempt(parts, member);
        }
        catch (KafkaException e)
        {
            return e;
        }
    }

    /// <summary>Finds out how a transaction has ended that had no answer: its offsets are there, or they are not.</summary>
    public void Settle()
    {
        if (inDoubt.Count == 0) return;
        Start();
        var ours = inDoubt.Where(static p => !p.Lane.Released.IsCompleted).ToList();
        var committed = ours.Count == 0 ? [] : consumer.Committed(ours.Select(static p => p.Lane.Partition), options.CallTimeout);
        if (ours.Any(p => committed.Any(c => c.TopicPartition == p.Lane.Partition && c.Offset == p.Offset)))
            foreach (var part in ours) part.Lane.Committed(part);
        inDoubt = [];
    }

    public void Dispose() => Drop();

    private KafkaException? Attempt(List<LaneOutputs> parts, IConsumerGroupMetadata member)
    {
        KafkaException? refused = null; // of the first message that was
        try
        {
            producer!.BeginTransaction();
            foreach (var message in parts.SelectMany(static p => p.Messages))
                Send(message, report => refused ??= report.Error is { IsError: true, Code: not ErrorCode.Local_PurgeQueue } error ? new KafkaException(Of(report.Topic, error)) : null);
            Retried(left => producer.SendOffsetsToTransaction(parts.Select(static p => new TopicPartitionOffset(p.Lane.Partition, p.Offset)), member, left));
            inDoubt = parts;
            Retried(producer.CommitTransaction);
            inDoubt = [];
        }
        catch (KafkaTxnRequiresAbortException e)
        {
            inDoubt = [];
            Abort();
            return refused ?? e;
        }
        catch (KafkaException e)
        {
            // Fatal (the broker's time limit was over, another has the transactional id), or without an answer.
            Drop();
            return e.Error.IsFatal && !PartitionErrors.HasRemedy(e.Error) ? new KafkaException(new Error(e.Error.Code, $"the broker ended the transaction: {e.Error.Reason}"), e) : e;
        }

        foreach (var part in parts) part.Lane.Committed(part);
        return null;
    }

    private void Send(OutgoingMessage message, Action<DeliveryReport<byte[], byte[]>> onReport)
    {
        var outgoing = KafkaPublisher.Of(message);
        while (true)
        {
            try
            {
                producer!.Produce(message.Topic, outgoing, onReport);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                producer!.Flush(BetweenAttempts);
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                throw new KafkaTxnRequiresAbortException(Of(message.Topic, e.Error));
            }
        }
    }

    private void Abort()
    {
        try
        {
            Retried(producer!.AbortTransaction);
        }
        catch (KafkaException)
        {
            Drop(); // the next one ends it
        }
    }

    /// <summary>Calls again what may be, until the time limit of calls.</summary>
    private void Retried(Action<TimeSpan> call)
    {
        var began = time.GetTimestamp();
        while (true)
        {
            try
            {
                var left = options.CallTimeout - time.GetElapsedTime(began);
                call(left > BetweenAttempts ? left : BetweenAttempts);
                return;
            }
            catch (KafkaRetriableException) when (time.GetElapsedTime(began) < options.CallTimeout)
            {
                ((IAsyncResult)Task.Delay(BetweenAttempts, time)).AsyncWaitHandle.WaitOne(); // this thread may block
            }
        }
    }

    private void Drop()
    {
        producer?.Dispose();
        producer = null;
    }

    private static Error Of(string topic, Error error) => new(error.Code, $"publishing to topic '{topic}': {error.Reason}", error.IsFatal);
}

/// <summary>What of a lane goes into one transaction.</summary>
/// <param name="Lane">The lane.</param>
/// <param name="Offset">The offset to commit: behind the last handled message.</param>
/// <param name="Messages">What is published with it.</param>
internal sealed record LaneOutputs(KafkaLane Lane, long Offset, OutgoingMessage[] Messages);
