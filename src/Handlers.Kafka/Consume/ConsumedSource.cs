using System.Collections.Concurrent;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Messages that plain Consume handed to a lane: where the partition's own queue cannot be bound. A lane that is not read is paused at the
/// client, which goes on polling.
/// </summary>
internal sealed class ConsumedSource(IConsumer<byte[], byte[]> client, TopicPartitionOffset start, MessageParts reads) : LaneSource(start.Offset.Value)
{
    private const int Most = 2_000;
    private const int Least = 500;

    private readonly ConcurrentQueue<ConsumeResult<byte[], byte[]>> waiting = [];
    private readonly Signal signal = new();
    private volatile Error? failed;
    private readonly Lock pausing = new(); // what is asked of the client is asked in the order in which it was found necessary
    private bool paused; // guarded by pausing: the client was asked to fetch no more

    /// <summary>The client keeps a partition paused that went while it was: the lane of an earlier assignment may have been full. On the polling thread, before the client fetches it.</summary>
    public void Begin() => Try(() => client.Resume([start.TopicPartition]));

    /// <summary>On the polling thread.</summary>
    public void Add(ConsumeResult<byte[], byte[]> result)
    {
        waiting.Enqueue(result);
        signal.Set();
        if (waiting.Count < Most) return;
        lock (pausing)
        {
            if (paused || waiting.Count < Most) return; // read meanwhile
            paused = true;
            Try(() => client.Pause([start.TopicPartition]));
        }
    }

    /// <summary>The partition cannot be read any further. On the polling thread.</summary>
    public void Fail(Error error)
    {
        failed = error;
        signal.Set();
    }

    public override Task WhenReadable() => signal.Next();

    public override void Wake() => signal.Set();

    public override void Read(MessageBatch into)
    {
        while (waiting.TryPeek(out var result))
        {
            if (result.IsPartitionEOF)
            {
                Next = result.Offset.Value;
            }
            else
            {
                var key = (reads & MessageParts.Key) != 0 ? result.Message.Key : null;
                var body = result.Message.Value;
                if (into.Count == into.MaxCount || !into.HasRoomFor((key?.Length ?? 0) + (body?.Length ?? 0))) break;
                into.Add(Of(result, key, body));
                Next = result.Offset.Value + 1;
                LastTimestamp = result.Message.Timestamp.UnixTimestampMs;
            }

            waiting.TryDequeue(out _);
        }

        if (into.Count == 0 && failed is { } error)
        {
            failed = null;
            throw new KafkaException(error);
        }

        if (waiting.Count > Least) return;
        lock (pausing)
        {
            if (!paused) return;
            paused = false;
            Try(() => client.Resume([start.TopicPartition]));
        }
    }

    public override void Clear(long next)
    {
        base.Clear(next);
        waiting.Clear();
        failed = null;
    }

    public override void Dispose()
    {
        waiting.Clear();
        signal.Set();
    }

    private Message Of(ConsumeResult<byte[], byte[]> result, byte[]? key, byte[]? body)
    {
        var message = new Message { Position = new Position(result.Offset.Value), Key = Bytes.Of(key), Body = Bytes.Of(body) };
        if ((reads & MessageParts.Timestamp) != 0) message.TimestampMilliseconds = result.Message.Timestamp.UnixTimestampMs;
        if ((reads & MessageParts.Headers) != 0 && result.Message.Headers is { Count: > 0 } headers)
            message.Headers = new Headers(headers.Select(static h => new Header(h.Key, h.GetValueBytes() is { } value ? value : default(ReadOnlyMemory<byte>?))));
        return message;
    }

    private static void Try(Action action)
    {
        try
        {
            action();
        }
        catch (KafkaException)
        {
            // The partition was revoked meanwhile: its lane ends.
        }
    }
}
