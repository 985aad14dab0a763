using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Handlers.Tests;

/// <summary>A transport of which a test may let single calls fail or hang: what it sets is called before the real one.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The token has no timer, and lanes may look at it after the test.")]
internal sealed class Hooked
{
    private readonly CancellationTokenSource lost = new();

    public Action<SubscriptionRequest>? Subscribing { get; set; }

    public Func<OutgoingMessage, CancellationToken, ValueTask>? Publishing { get; set; }

    public Func<StartPosition, ValueTask>? Seeking { get; set; }

    /// <summary>A lane has moved; who asked for it does not know yet.</summary>
    public Action? Sought { get; set; }

    public Func<CancellationToken, ValueTask>? Flushing { get; set; }

    public Func<SubscriptionState>? State { get; set; }

    public Func<CancellationToken, ValueTask>? Pinging { get; set; }

    /// <summary>What a lane says of itself, from what is the case.</summary>
    public Func<LaneState, LaneState>? LaneState { get; set; }

    /// <summary>Nobody asks for lanes any more.</summary>
    public Action? LanesEnded { get; set; }

    /// <summary>A lane was given back; nobody knows yet.</summary>
    public Func<Task>? Released { get; set; }

    /// <summary>Takes the lanes of now away without a word, as far as their reader can tell.</summary>
    public void Lose() => lost.Cancel();

    public ITransport Around(ITransport transport) => new Transport(this, transport);

    private sealed class Transport(Hooked hooks, ITransport inner) : ITransport, IPublisher
    {
        public IPublisher Publisher => this;

        public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
        {
            hooks.Subscribing?.Invoke(request);
            return new Subscription(hooks, await inner.SubscribeAsync(request, stop));
        }

        public async ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default)
        {
            if (hooks.Publishing is { } publishing) await publishing(message, stop);
            await inner.Publisher.PublishAsync(message, stop);
        }

        public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
        {
            foreach (var message in messages) await PublishAsync(message, stop);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Subscription(Hooked hooks, ISubscription inner) : ISubscription
    {
        public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
        {
            await foreach (var lane in inner.LanesAsync(stop)) yield return new Lane(hooks, lane);
            hooks.LanesEnded?.Invoke();
        }

        public SubscriptionState State => hooks.State?.Invoke() ?? inner.State;

        public async ValueTask FlushAsync(CancellationToken stop)
        {
            if (hooks.Flushing is { } flushing) await flushing(stop);
            await inner.FlushAsync(stop);
        }

        public async ValueTask PingAsync(CancellationToken stop)
        {
            if (hooks.Pinging is { } pinging) await pinging(stop);
            await inner.PingAsync(stop);
        }

        public ValueTask DisposeAsync() => inner.DisposeAsync();
    }

    private sealed class Lane(Hooked hooks, ILane inner) : ILane
    {
        private readonly CancellationTokenSource lost = CancellationTokenSource.CreateLinkedTokenSource(inner.Lost, hooks.lost.Token);

        public LaneId Id => inner.Id;

        public LaneState State => hooks.LaneState?.Invoke(inner.State) ?? inner.State;

        public Task<Revocation> Revoked => inner.Revoked;

        public CancellationToken Lost => lost.Token;

        public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop) => inner.ReadAsync(into, stop);

        public void Store(Position handled) => inner.Store(handled);

        public async ValueTask SeekAsync(StartPosition to, CancellationToken stop)
        {
            if (hooks.Seeking is { } seeking) await seeking(to);
            await inner.SeekAsync(to, stop);
            hooks.Sought?.Invoke();
        }

        public async ValueTask ReleaseAsync(LaneEnd end)
        {
            await inner.ReleaseAsync(end);
            if (hooks.Released is { } released) await released();
        }
    }
}
