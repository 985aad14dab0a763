using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// Reads a partition from its own queue in librdkafka, in batches of native memory: nothing is allocated per message, and unpacking
/// reads the fetched bytes themselves.
/// </summary>
/// <remarks>
/// Each batch holds the client until it is cleared (<see cref="ClientMemory"/>), so that a handler which does not end cannot have memory freed
/// under it: the client is destroyed when the last one is back.
/// </remarks>
internal sealed unsafe class QueueSource : LaneSource
{
    private const int Most = 1_000; // at once, of what is thrown away

    private readonly ClientMemory client;
    private readonly nint queue;
    private readonly MessageParts reads; // looked at bit by bit: HasFlag boxes until it is compiled for good, which is 48 bytes a message
    private readonly Action<Error> report;
    private readonly Signal signal = new();
    private readonly Stack<Chunk> free = new(); // guarded by itself: batches are cleared on the loop's thread
    private GCHandle self;
    private Chunk? held; // fetched, and did not fit into the batch any more

    /// <param name="client">The native client.</param>
    /// <param name="partition">The partition and where it begins. Made before the client starts to fetch it, so that nothing goes to the main queue.</param>
    /// <param name="reads">What handlers read.</param>
    /// <param name="report">Hears of errors that pass.</param>
    public QueueSource(ClientMemory client, TopicPartitionOffset partition, MessageParts reads, Action<Error> report) : base(partition.Offset.Value)
    {
        this.client = client;
        this.reads = reads;
        this.report = report;
        queue = NativeMethods.QueueOfPartition(client.Pointer, partition.Topic, partition.Partition.Value);
        if (queue == 0) throw new InvalidOperationException($"librdkafka has no queue for {partition}.");
        NativeMethods.QueueForward(queue, 0);
        self = GCHandle.Alloc(signal);
        NativeMethods.QueueCallBack(queue, &Signal.OnReadable, GCHandle.ToIntPtr(self));
    }

    public override Task WhenReadable() => signal.Next();

    public override void Wake() => signal.Set();

    public override void Read(MessageBatch into)
    {
        // What is fetched may be marks of the log's end alone; the queue says that it has something only when it was empty before.
        while (into.Count == 0 && (held ?? Fetch(into.MaxCount)) is { } chunk) Take(chunk, into);
    }

    private void Take(Chunk chunk, MessageBatch into)
    {
        held = null;
        var taken = 0;
        NativeMessage* last = null;
        Error? failed = null;
        for (; taken < chunk.Count; taken++)
        {
            var message = chunk.Messages[taken];
            if (message->Error != 0)
            {
                if (message->Error == (int)ErrorCode.Local_PartitionEOF) Next = message->Offset;
                else if (Passes(message) is { } error && (failed = error) is not null) break;
                continue;
            }

            if (!into.HasRoomFor((long)message->Length + ((reads & MessageParts.Key) != 0 ? (long)message->KeyLength : 0))) break;
            into.Add(Of(message));
            last = message;
            Next = message->Offset + 1;
        }

        if (last != null) LastTimestamp = TimestampOf(last); // of one a batch: it takes a call

        if (failed is not null && into.Count == 0)
        {
            Give(chunk);
            throw new KafkaException(failed);
        }

        if (taken < chunk.Count) held = Split(chunk, taken); // with what failed at its head, for the next read
        if (into.Count > 0) into.OnCleared(chunk.Free);
        else Give(chunk);
    }

    public override void Clear(long next)
    {
        base.Clear(next);
        if (held is { } chunk) Give(chunk);
        held = null;
    }

    public override void Restart(long next)
    {
        Clear(next);
        while (Fetch(Most) is { } chunk) Give(chunk);
    }

    public override void Dispose()
    {
        if (!self.IsAllocated) return;
        Clear(Next);
        NativeMethods.QueueCallBack(queue, null, 0);
        NativeMethods.QueueDestroy(queue);
        self.Free();
        signal.Set();
    }

    private Chunk? Fetch(int count)
    {
        Chunk? chunk;
        lock (free) chunk = free.TryPop(out var again) ? again : new Chunk(this);
        chunk.Count = (int)NativeMethods.ConsumeBatch(queue, 0, chunk.Room(count), (nuint)count);
        if (chunk.Count > 0)
        {
            client.Take();
            return chunk;
        }

        chunk.Count = 0;
        lock (free) free.Push(chunk);
        return null;
    }

    private Chunk Split(Chunk chunk, int from)
    {
        Chunk? rest;
        lock (free) rest = free.TryPop(out var again) ? again : new Chunk(this);
        rest.Count = chunk.Count - from;
        new ReadOnlySpan<nint>(chunk.Messages + from, rest.Count).CopyTo(new Span<nint>(rest.Room(rest.Count), rest.Count));
        chunk.Count = from;
        client.Take();
        return rest;
    }

    /// <summary>Any thread.</summary>
    private void Give(Chunk chunk)
    {
        for (var i = 0; i < chunk.Count; i++) NativeMethods.MessageDestroy(chunk.Messages[i]);
        chunk.Count = 0;
        client.Give();
        lock (free) free.Push(chunk);
    }

    private Error? Passes(NativeMessage* message)
    {
        var error = new Error((ErrorCode)message->Error, message->Payload == null ? null : Encoding.UTF8.GetString(message->Payload, (int)message->Length));
        if (PartitionErrors.Ends(error)) return error;
        report(error);
        return null;
    }

    private Message Of(NativeMessage* native)
    {
        var message = new Message { Position = new Position(native->Offset), Body = Bytes(native->Payload, native->Length) };
        if ((reads & MessageParts.Key) != 0) message.Key = Bytes(native->Key, native->KeyLength);
        if ((reads & MessageParts.Timestamp) != 0) message.TimestampMilliseconds = TimestampOf(native);
        if ((reads & MessageParts.Headers) != 0) message.Headers = HeadersOf(native);
        return message;
    }

    private static long TimestampOf(NativeMessage* native)
    {
        int kind;
        return NativeMethods.MessageTimestamp(native, &kind);
    }

    private static Bytes Bytes(byte* start, nuint length) => start == null ? Handlers.Bytes.Null : Handlers.Bytes.OfNative(start, (int)length);

    private static Headers? HeadersOf(NativeMessage* native)
    {
        nint headers;
        if (NativeMethods.MessageHeaders(native, &headers) != 0) return null;
        var list = new List<Handlers.Header>();
        byte* name, value;
        nuint length;
        for (nuint i = 0; NativeMethods.Header(headers, i, &name, &value, &length) == 0; i++)
            list.Add(new(Marshal.PtrToStringUTF8((nint)name)!, value == null ? default(ReadOnlyMemory<byte>?) : new ReadOnlySpan<byte>(value, (int)length).ToArray()));
        return new Headers(list);
    }

    /// <summary>The messages of one batch.</summary>
    private sealed class Chunk
    {
        private nint[] room = [];

        public Chunk(QueueSource source) => Free = () => source.Give(this);

        public Action Free { get; }

        public int Count { get; set; }

        public NativeMessage** Messages => (NativeMessage**)Unsafe.AsPointer(ref MemoryMarshal.GetArrayDataReference(room));

        public NativeMessage** Room(int count)
        {
            if (room.Length < count) room = GC.AllocateUninitializedArray<nint>(count, pinned: true);
            return Messages;
        }
    }
}
