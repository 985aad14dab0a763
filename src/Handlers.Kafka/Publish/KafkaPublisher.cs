using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>Publishes by one idempotent producer. A call completes when the brokers have acknowledged.</summary>
internal sealed class KafkaPublisher(SharedProducer producer, TimeProvider time) : IPublisher, IAsyncDisposable
{
    private static readonly TimeSpan WhileFull = TimeSpan.FromMilliseconds(5);

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

    public ValueTask DisposeAsync() => producer.DisposeAsync();

    private async ValueTask SendAsync(OutgoingMessage message, Delivery delivery, CancellationToken stop)
    {
        var outgoing = Of(message);
        var again = false;
        while (true)
        {
            var one = producer.Get();
            try
            {
                one.Client.Produce(message.Topic, outgoing, report => delivery.OnReport(one, report));
                return;
            }
            catch (ProduceException<byte[], byte[]> e) when (e.Error.Code == ErrorCode.Local_QueueFull)
            {
                await Task.Delay(WhileFull, time, stop); // the client sends meanwhile
            }
            catch (ProduceException<byte[], byte[]> e)
            {
                // It has sent nothing, so what a broker has said is the fatal error of before, which the client repeats without calling it so.
                if (e.Error.IsFatal || (e.Error.IsBrokerError && e.Error.Code != ErrorCode.MsgSizeTooLarge)) one.Heard(new Error(e.Error.Code, e.Error.Reason, isFatal: true));
                if (again || one.Fatal is null) throw Failed(one, message.Topic, e.Error, e);
                again = true; // it was not taken: a new client may
            }
            catch (ObjectDisposedException) when (one.Fatal is not null)
            {
                // It has ended meanwhile, and there is a new one.
            }
        }
    }

    /// <summary>
    /// After a fatal error the client fails what waits with another one, that it was taken out of the queue: so the fatal one is named. As there is a
    /// new client then, the same call may succeed later, unless somebody must do something first.
    /// </summary>
    private static TransportException Failed(SharedProducer.One one, string topic, Error error, Exception? inner = null) =>
        one.Fatal is { } fatal && !PartitionErrors.HasRemedy(error)
            ? PartitionErrors.Failed(new Error(fatal.Code, fatal.Reason), $"Publishing to topic '{topic}' failed, as the producer met an error that ended it, and is made anew", inner)
            : PartitionErrors.Failed(error, $"Publishing to topic '{topic}' failed", inner);

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

        public void OnReport(SharedProducer.One one, DeliveryReport<byte[], byte[]> report)
        {
            if (report.Error.IsError)
            {
                one.Heard(report.Error);
                done.TrySetException(Failed(one, report.Topic, report.Error));
            }

            if (Interlocked.Decrement(ref left) == 0) done.TrySetResult();
        }
    }
}
