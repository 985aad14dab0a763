using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>Looks into one partition by a consumer that it has alone.</summary>
/// <remarks>
/// The end is what the client says, which has passed over what is no message there (marks of transactions): its mark of the end, or, once it has given one, that the
/// partition still ends where it did.
/// </remarks>
internal sealed class KafkaLaneReader(KafkaReader reader, LookClient client, TimeSpan timeLimit, TopicPartitionOffset start) : ILaneReader
{
    private static readonly TimeSpan Slice = TimeSpan.FromMilliseconds(100); // after which a stop is seen

    private readonly TopicPartition partition = start.TopicPartition;
    private ConsumeResult<byte[], byte[]>? held; // fetched, and did not fit into the batch any more
    private Offset? end;                         // where the client met the end; null: it has not, or messages came since
    private ConsumeException? error;             // behind messages that were handed out before it
    private bool failed;
    private int disposed;

    public async ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(into);
        stop.ThrowIfCancellationRequested();
        try
        {
            return await client.RunAsync((consumer, _) => Read(consumer, into, stop));
        }
        catch (KafkaException e)
        {
            failed = true;
            throw Failed(e.Error, e);
        }
        catch (TransportException)
        {
            failed = true;
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref disposed, 1) != 0) return;
        try
        {
            if (!failed) await client.RunAsync(static (consumer, _) =>
            {
                consumer.Unassign();
                return true;
            });
        }
        catch (Exception e) when (e is KafkaException or TransportException)
        {
            failed = true;
        }

        if (failed) reader.End(client);
        else reader.Return(client);
    }

    /// <summary>On the client's thread.</summary>
    private LaneRead Read(IConsumer<byte[], byte[]> consumer, MessageBatch into, CancellationToken stop)
    {
        var isAtEnd = held is null && end is { } met && consumer.QueryWatermarkOffsets(partition, timeLimit).High.Value <= met.Value;
        var began = TimeProvider.System.GetTimestamp();
        while (into.Count < into.MaxCount)
        {
            if (error is not null)
            {
                if (into.Count > 0) break;
                throw error;
            }

            var wait = into.Count > 0 || isAtEnd ? TimeSpan.Zero : Slice;
            if ((held ?? Next(consumer, wait)) is not { } result)
            {
                if (into.Count > 0) break;
                if (error is not null) continue;
                if (isAtEnd) return LaneRead.AtEnd;
                stop.ThrowIfCancellationRequested();
                if (TimeProvider.System.GetElapsedTime(began) >= timeLimit)
                    throw new TransportException($"Reading {partition.Topic}/{partition.Partition.Value}: the cluster has not answered for {timeLimit.TotalSeconds:0} s. Is the partition's leader there?") { IsTransient = true };
                continue;
            }

            held = null;
            if (result.IsPartitionEOF)
            {
                end = result.Offset;
                if (into.Count > 0) break;
                return LaneRead.AtEnd;
            }

            if (!into.HasRoomFor((result.Message.Key?.Length ?? 0) + (result.Message.Value?.Length ?? 0)))
            {
                held = result;
                break;
            }

            end = null;
            into.Add(Of(result));
        }

        return LaneRead.Messages;
    }

    private ConsumeResult<byte[], byte[]>? Next(IConsumer<byte[], byte[]> consumer, TimeSpan wait)
    {
        try
        {
            return consumer.Consume(wait);
        }
        catch (ConsumeException e) when (e.Error.Code == ErrorCode.GroupAuthorizationFailed || !PartitionErrors.Ends(e.Error))
        {
            return null; // the client looks for a group's coordinator though nobody asks it to; anything else of them passes
        }
        catch (ConsumeException e)
        {
            error = e;
            return null;
        }
    }

    private TransportException Failed(Error error, Exception inner) => PartitionErrors.Failed(error, $"Reading {partition.Topic}/{partition.Partition.Value} failed", inner);

    private static Message Of(ConsumeResult<byte[], byte[]> result) => new()
    {
        Position = new Position(result.Offset.Value),
        Key = Bytes.Of(result.Message.Key),
        Body = Bytes.Of(result.Message.Value),
        TimestampMilliseconds = result.Message.Timestamp.UnixTimestampMs,
        Headers = result.Message.Headers is { Count: > 0 } headers ? new Headers(headers.Select(static h => new Handlers.Header(h.Key, h.GetValueBytes() is { } value ? value : default(ReadOnlyMemory<byte>?)))) : null,
    };
}
