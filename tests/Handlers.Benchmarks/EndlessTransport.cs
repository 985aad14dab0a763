using System.Globalization;
using System.Runtime.CompilerServices;

namespace Handlers.Benchmarks;

/// <summary>A topic whose lanes never come to an end: the same body again and again, as fast as it is taken.</summary>
/// <param name="lanes">How many lanes.</param>
/// <param name="body">The body of every message.</param>
/// <param name="keys">How many different keys they have; 0: none has one.</param>
internal sealed class EndlessTransport(int lanes, byte[] body, int keys = 0) : ITransport
{
    private readonly Bytes[] keys = [.. Enumerable.Range(0, keys).Select(static k => Bytes.Of(BitConverter.GetBytes(k)))];

    public IPublisher Publisher => throw new NotSupportedException("Nothing is published here.");

    public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop) => new(new Subscription(request.Topics[0].Topic, lanes, body, keys));

    public ValueTask DisposeAsync() => default;

    private sealed class Subscription(string topic, int lanes, byte[] body, Bytes[] keys) : ISubscription
    {
        public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
        {
            for (var i = 0; i < lanes; i++) yield return new Lane(new LaneId(topic, i.ToString(CultureInfo.InvariantCulture), 1), body, keys, isAlone: lanes == 1);
            await Task.Delay(Timeout.Infinite, stop).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        public ValueTask FlushAsync(CancellationToken stop) => default;

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Lane(LaneId id, byte[] body, Bytes[] keys, bool isAlone) : ILane
    {
        private readonly TaskCompletionSource<Revocation> never = new();
        private long next; // the loop's alone, but for looks

        public LaneId Id => id;

        public LaneState State => new(Volatile.Read(ref next) is > 0 and var n ? new Position(n - 1) : null, 1_000, null);

        public Task<Revocation> Revoked => never.Task;

        public CancellationToken Lost => default;

        public async ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
        {
            if (!isAlone) await Task.Yield(); // the other lanes want their turn on the threads that there are
            stop.ThrowIfCancellationRequested();
            while (into.Count < into.MaxCount && into.HasRoomFor(body.Length)) into.Add(new Message { Position = new Position(next++), Key = keys.Length > 0 ? keys[next % keys.Length] : default, Body = Bytes.Of(body) });
            return true;
        }

        public void Store(Position handled) { }

        public ValueTask SeekAsync(StartPosition to, CancellationToken stop) => throw new NotSupportedException();

        public ValueTask ReleaseAsync(LaneEnd end) => default;
    }
}
