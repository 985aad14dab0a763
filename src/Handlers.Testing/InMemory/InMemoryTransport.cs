namespace Handlers.Testing;

/// <summary>A transport over an <see cref="InMemoryBroker"/>: one per simulated process.</summary>
public sealed class InMemoryTransport(InMemoryBroker broker) : ITransport, IPublisher
{
    private readonly List<InMemorySubscription> subscriptions = []; // guarded by the broker's gate

    /// <inheritdoc />
    public string System => "handlers_memory";

    /// <inheritdoc />
    public bool HasTransactions => true;

    /// <inheritdoc />
    public bool HasPatterns => true;

    /// <inheritdoc />
    public ITopicReader Reader { get; } = new InMemoryReader(broker);

    /// <inheritdoc />
    public IPublisher Publisher => this;

    /// <inheritdoc />
    public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrWhiteSpace(request.Group)) throw new TransportException("The group's name is empty. Name the group.");
        lock (broker.Gate)
        {
            broker.CheckIsThere();
            foreach (var topic in request.Topics.Where(static t => !TopicPattern.IsPattern(t.Topic))) broker.Topic(topic.Topic);
            var subscription = new InMemorySubscription(broker, broker.Group(request.Group), request);
            subscriptions.Add(subscription);
            return new(subscription);
        }
    }

    /// <inheritdoc />
    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    /// <inheritdoc />
    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        stop.ThrowIfCancellationRequested();
        IReadOnlyList<TaskCompletionSource> wake;
        lock (broker.Gate)
        {
            broker.CheckIsThere();
            wake = broker.Append(messages);
        }

        foreach (var waiter in wake) waiter.TrySetResult();
        return default;
    }

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        InMemorySubscription[] all;
        lock (broker.Gate) all = [.. subscriptions];
        foreach (var subscription in all) await subscription.DisposeAsync();
    }
}
