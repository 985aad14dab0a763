namespace Handlers.Embedded;

/// <summary>Publishes by the writer's queue: calls in flight share a transaction, a list is all or nothing.</summary>
internal sealed class EmbeddedPublisher(Writer writer, Heartbeat heartbeat, EmbeddedOptions options, TimeProvider time) : IPublisher
{
    public async ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(message);
        TopicName.Check(message.Topic);
        stop.ThrowIfCancellationRequested();
        await WriteAsync(new PublishOne(message, Now), stop);
    }

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        foreach (var message in messages) TopicName.Check(message.Topic);
        stop.ThrowIfCancellationRequested();
        if (messages.Count == 0) return;
        await WriteAsync(new PublishMany(messages, Now), stop);
    }

    private async ValueTask WriteAsync(Write write, CancellationToken stop)
    {
        await writer.WriteAsync(write, stop);
        // A process that only publishes has retention to look after all the same.
        if (!options.RetainsAll) heartbeat.Start();
    }

    private long Now => time.GetUtcNow().ToUnixTimeMilliseconds();

    private static long BytesOf(OutgoingMessage message) => (message.Body?.Length ?? 0) + (message.Key?.Length ?? 0) + 64L;

    private sealed class PublishOne(OutgoingMessage message, long now) : Write
    {
        public override bool Shares => true;

        public override long Bytes { get; } = BytesOf(message);

        public override void Run(Transaction transaction) => transaction.Append(message, now);
    }

    private sealed class PublishMany(IReadOnlyList<OutgoingMessage> messages, long now) : Write
    {
        public override bool Shares => true;

        public override long Bytes { get; } = messages.Sum(BytesOf);

        public override void Run(Transaction transaction)
        {
            for (var i = 0; i < messages.Count; i++) transaction.Append(messages[i], now);
        }
    }
}
