namespace Handlers.Tests;

/// <summary>Stands between the runtime and a transport, and does something else where the test says so.</summary>
internal sealed class Between(ITransport inner) : ITransport, IPublisher
{
    public Func<IPublisher, IReadOnlyList<OutgoingMessage>, CancellationToken, ValueTask>? Publish { get; init; }

    public Func<ISubscription, ValueTask>? Flush { get; init; }

    public IPublisher Publisher => this;

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) =>
        new Subscription(await inner.SubscribeAsync(request, stop), Flush);

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) =>
        Publish?.Invoke(inner.Publisher, messages, stop) ?? inner.Publisher.PublishAsync(messages, stop);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Subscription(ISubscription inner, Func<ISubscription, ValueTask>? flush) : ISubscription
    {
        public IAsyncEnumerable<ILane> LanesAsync(CancellationToken stop) => inner.LanesAsync(stop);

        public ValueTask FlushAsync(CancellationToken stop) => flush?.Invoke(inner) ?? inner.FlushAsync(stop);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }
}
