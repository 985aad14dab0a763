using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>Publishes by one idempotent producer, which is made at the first message. A call completes when the brokers have acknowledged.</summary>
internal sealed class KafkaPublisher(Clients clients, KafkaOptions options, TimeProvider time) : IPublisher, IAsyncDisposable
{
    private static readonly TimeSpan WhileFull = TimeSpan.FromMilliseconds(5);

    private readonly Lazy<IProducer<byte[], byte[]>> producer = new(clients.Producer);
    private volatile bool closed;

    public async ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        Check(message);
        stop.ThrowIfCancellationRequested();
        var delivery = new Delivery(1);
        await SendAsync(message, delivery, stop);
        await delivery.Task.WaitAsync(stop);
    }

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        foreach (var message in messages) Check(message);
        stop.ThrowIfCancellationRequested();
        if (messages.Count == 0) return;
        var delivery = new Delivery(messages.Count);
        for (var i = 0; i < messages.Count; i++) await SendAsync(messages[i], delivery, stop);
        await delivery.Task.WaitAsync(stop);
    }

    public async ValueTask DisposeAsync()
    {
        closed = true;
        if (!producer.IsValueCreated) return;
        await Task.Factory.StartNew(
            () =>
            {
                try
                {
                    producer.Value.Flush(options.CallTimeout);
                }
                finally
                {
                    producer.Value.Dispose();
                }
            },
            CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
    }

    private async ValueTask SendAsync(OutgoingMessage message, Delivery delivery, CancellationToken stop)
    {
        ObjectDisposedException.ThrowIf(closed, typeof(IPublisher));
        var outgoing = Of(message);
        while (true)
        {
            try
            {
                producer.Value.Produce(message.Topic, outgoing, delivery.OnReport);
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(WhileFull, time, stop); // the client sends meanwhile
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                throw PartitionErrors.Failed(e.Error, $"Publishing to topic '{message.Topic}' failed", e);
            }
        }
    }

    private static void Check(OutgoingMessage message)
    {
        if (string.IsNullOrWhiteSpace(message.Topic)) throw new TransportException("A message to publish names no topic.");
    }

    /// <summary>As the client takes it.</summary>
    internal static Message<byte[], byte[]> Of(OutgoingMessage message)
    {
        var outgoing = new Message<byte[], byte[]> { Key = Array(message.Key)!, Value = Array(message.Body)! };
        if (message.Timestamp is { } timestamp) outgoing.Timestamp = new Timestamp(timestamp.ToUnixTimeMilliseconds(), TimestampType.CreateTime);
        if (message.Headers.Count == 0) return outgoing;
        outgoing.Headers = [];
        foreach (var (name, value) in message.Headers) outgoing.Headers.Add(name, Array(value));
        return outgoing;
    }

    // The client copies a body when it takes it, so an array that is used as it is may be changed once the call has completed.
    private static byte[]? Array(ReadOnlyMemory<byte>? bytes) => bytes is not { } memory ? null
        : System.Runtime.InteropServices.MemoryMarshal.TryGetArray(memory, out var segment) && segment.Offset == 0 && segment.Count == segment.Array!.Length ? segment.Array
        : memory.ToArray();

    /// <summary>The reports of one call's messages. Called on the client's own thread.</summary>
    private sealed class Delivery(int count)
    {
        private readonly TaskCompletionSource done = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int left = count;

        public Task Task => done.Task;

        public void OnReport(DeliveryReport<byte[], byte[]> report)
        {
            if (report.Error.IsError) done.TrySetException(PartitionErrors.Failed(report.Error, $"Publishing to topic '{report.Topic}' failed"));
            if (Interlocked.Decrement(ref left) == 0) done.TrySetResult();
        }
    }
}
