using System.Runtime.CompilerServices;

namespace Handlers.Tests;

/// <summary>Stands between the runtime and a transport, and does something else where the test says so.</summary>
internal sealed class Between(ITransport inner) : ITransport, IPublisher
{
    public Func<IPublisher, IReadOnlyList<OutgoingMessage>, CancellationToken, ValueTask>? Publish { get; init; }

    public Func<ISubscription, ValueTask>? Flush { get; init; }

    /// <summary>Before each read that finds the lane, with its token.</summary>
    public Func<CancellationToken, Task>? BeforeRead { get; init; }

    public Func<LaneState, LaneState>? State { get; init; }

    public ITopicReader? Reader { get; init; }

    public IPublisher Publisher => this;

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) =>
        new Subscription(await inner.SubscribeAsync(request, stop), this);

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default) =>
        Publish?.Invoke(inner.Publisher, messages, stop) ?? inner.Publisher.PublishAsync(messages, stop);

    public ValueTask DisposeAsync() => inner.DisposeAsync();

    private sealed class Subscription(ISubscription inner, Between between) : ISubscription
    {
        public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
        {
            await foreach (var lane in inner.LanesAsync(stop)) yield return new Lane(lane, between);
        }

        public ValueTask FlushAsync(CancellationToken stop) => between.Flush?.Invoke(inner) ?? inner.FlushAsync(stop);

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Lane(ILane inner, Between between) : ILane
    {
        public LaneId Id => inner.Id;

        public LaneState State => between.State?.Invoke(inner.State) ?? inner.State;

        public Task<Revocation> Revoked => inner.Revoked;

        public CancellationToken Lost => inner.Lost;

        public async ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
        {
            if (between.BeforeRead is not null) await between.BeforeRead(stop);
            return await inner.ReadAsync(into, stop);
        }

        public void Store(Position handled) => inner.Store(handled);

        public ValueTask SeekAsync(StartPosition to, CancellationToken stop) => inner.SeekAsync(to, stop);

        public ValueTask ReleaseAsync(LaneEnd end) => inner.ReleaseAsync(end);
    }
}
