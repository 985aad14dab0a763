using System.Collections.Concurrent;
using System.Globalization;
using System.Text;

namespace Handlers.Kinesis;

/// <summary>
/// Publishes by PutRecords: calls in flight share requests, what is refused is sent again record by record, and the records of one key are taken in
/// the order in which they were published.
/// </summary>
/// <remarks>
/// A message with headers is a record of the Kinesis Producer Library's format with the headers as tags: other readers of that format see key and body. One
/// whose headers are a trace context alone is a plain record, without them. The timestamp of a message is the service's.
/// </remarks>
internal sealed class KinesisPublisher : IPublisher, IAsyncDisposable
{
    private const int AggregateBytes = 1024 * 1024; // whatever a stream allows: every reader of aggregates knows these
    private static readonly TimeSpan CloseTime = TimeSpan.FromSeconds(10);

    private readonly ConcurrentDictionary<string, StreamQueue> queues = new(StringComparer.Ordinal);
    private readonly CancellationTokenSource closing = new();
    private readonly KinesisCalls calls;
    private readonly bool aggregates;
    private readonly Func<OutgoingMessage, string?>? explicitHashKey;
    private readonly PublishParts parts;
    private readonly Func<string, string> streamOf; // a topic
    private volatile bool isClosed;

    public KinesisPublisher(KinesisCalls calls, KinesisStreams streams, KinesisOptions options, Func<string, string>? streamOf = null)
    {
        this.streamOf = streamOf ?? (static topic => topic);
        this.calls = calls;
        aggregates = options.Aggregate;
        RecordBytes = options.RecordBytes;
        explicitHashKey = options.ExplicitHashKey;
        parts = new PublishParts(calls, streams, RequestRecords: 500, RequestBytes: 5 * 1024 * 1024);
    }

    /// <summary>The most bytes of a record's data and partition key.</summary>
    public int RecordBytes { get; init; }

    public async ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        ObjectDisposedException.ThrowIf(isClosed, typeof(IPublisher));
        var call = new PutCall();
        var entry = Entry(call, Alone(Addressed(message)));
        stop.ThrowIfCancellationRequested();
        call.Holds(1);
        Queue(message.Topic).Add([entry]);
        await call.WaitAsync(stop);
    }

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        ObjectDisposedException.ThrowIf(isClosed, typeof(IPublisher));
        var call = new PutCall();
        // All of them are checked before any is sent.
        var entries = Records(messages).Select(record => (record.First.Message.Topic, Entry: Entry(call, record))).ToList();
        stop.ThrowIfCancellationRequested();
        if (entries.Count == 0) return;
        call.Holds(entries.Count);
        foreach (var topic in entries.GroupBy(static e => e.Topic, StringComparer.Ordinal)) Queue(topic.Key).Add([.. topic.Select(static e => e.Entry)]);
        await call.WaitAsync(stop);
    }

    /// <summary>What was published and is not acknowledged has a moment for it.</summary>
    public async ValueTask DisposeAsync()
    {
        if (isClosed) return;
        isClosed = true;
        var idle = Task.WhenAll(queues.Values.Select(static q => q.IdleAsync()));
        try
        {
            await idle.WaitAsync(CloseTime, calls.Time);
        }
        catch (TimeoutException)
        {
            await closing.CancelAsync();
            await idle;
        }

        closing.Dispose();
    }

    private StreamQueue Queue(string topic) => queues.GetOrAdd(streamOf(topic), static (stream, p) => new StreamQueue(stream, p.parts, p.closing.Token), this);

    /// <summary>Which messages make a record each, or one together, in their order per key.</summary>
    private IEnumerable<Record> Records(IReadOnlyList<OutgoingMessage> messages)
    {
        if (!aggregates)
        {
            foreach (var message in messages) yield return Alone(Addressed(message));
            yield break;
        }

        // An aggregate holds one key only: other readers drop it whole where one of its keys belongs to another shard.
        foreach (var group in messages.Select(Addressed).GroupBy(static m => (m.Message.Topic, m.Key, m.HashKey)))
        {
            Outgoing first = default;
            AggregateWriter? writer = null;
            foreach (var message in group)
            {
                if (writer is not null && message.LengthIn(writer) + message.KeyBytes > Math.Min(RecordBytes, AggregateBytes))
                {
                    yield return Together(first, writer);
                    writer = null;
                }

                if (writer is null) (first, writer) = (message, new AggregateWriter());
                message.AddTo(writer);
            }

            yield return Together(first, writer!);
        }
    }

    private static Record Alone(in Outgoing message)
    {
        if (!message.HasHeaders) return new Record(message, message.Message.Body!.Value);
        var writer = new AggregateWriter();
        message.AddTo(writer);
        return new Record(message, writer.ToArray());
    }

    private static Record Together(in Outgoing first, AggregateWriter messages) =>
        messages.Count == 1 ? Alone(first) : new Record(first, messages.ToArray());

    private Outgoing Addressed(OutgoingMessage message)
    {
        if (string.IsNullOrWhiteSpace(message.Topic)) throw new TransportException("A message to publish names no topic.") { IsRefused = true };
        if (message.Body is null)
            throw PartitionKeys.Refused(streamOf(message.Topic), "its body is null, and Kinesis has no tombstones", "Publish an empty body, or a body that says that the key is deleted");
        return new Outgoing(
            message,
            message.Key is { } key ? PartitionKeys.Of(key.Span, streamOf(message.Topic)) : PartitionKeys.Any(),
            explicitHashKey?.Invoke(message) is { } hashKey ? PartitionKeys.HashKey(hashKey, streamOf(message.Topic)) : null);
    }

    private PutEntry Entry(PutCall call, in Record record)
    {
        var first = record.First;
        if ((long)record.Data.Length + first.KeyBytes is var length && length > RecordBytes)
            throw PartitionKeys.Refused(
                streamOf(first.Message.Topic), string.Create(CultureInfo.InvariantCulture, $"with its key and headers it has {length} bytes, and the most is {RecordBytes}"), "Publish less, or where it is kept; or raise RecordBytes, where the stream allows more");
        return new PutEntry(call, first.Key, first.HashKey, record.Data);
    }

    /// <summary>What one record holds, and one of the messages in it: they have topic and key in common.</summary>
    private readonly record struct Record(Outgoing First, ReadOnlyMemory<byte> Data);

    /// <summary>A message and where it goes.</summary>
    private readonly record struct Outgoing(OutgoingMessage Message, string Key, string? HashKey)
    {
        /// <summary>Headers that are worth a format that plain readers do not know.</summary>
        public bool HasHeaders
        {
            get
            {
                for (var i = 0; i < Message.Headers.Count; i++)
                    if (!IsTrace(Message.Headers[i].Name)) return true;
                return false;
            }
        }

        public int KeyBytes => Encoding.UTF8.GetByteCount(Key);

        public long LengthIn(AggregateWriter writer) => writer.LengthWith(Key, HashKey, Message.Body!.Value.Length, Message.Headers);

        public void AddTo(AggregateWriter writer) => writer.Add(Key, HashKey, Message.Body!.Value.Span, Message.Headers);

        private static bool IsTrace(string name) => name.Length switch
        {
            11 => name.Equals("traceparent", StringComparison.OrdinalIgnoreCase),
            10 => name.Equals("tracestate", StringComparison.OrdinalIgnoreCase),
            7 => name.Equals("baggage", StringComparison.OrdinalIgnoreCase),
            _ => false,
        };
    }
}
