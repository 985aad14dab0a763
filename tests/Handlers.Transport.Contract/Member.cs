namespace Handlers.Transport.Contract;

public abstract partial class HarnessTests
{
    /// <summary>A member of a group: it takes the lanes that it is given, as the core would.</summary>
    protected sealed class Member : IAsyncDisposable
    {
        private readonly HarnessTests contract;
        private readonly CancellationTokenSource stop = new();
        private readonly Lock gate = new();
        private readonly List<ILane> lanes = [];
        private bool left;

        internal Member(HarnessTests contract, ITransport transport, ISubscription subscription)
        {
            this.contract = contract;
            Transport = transport;
            Subscription = subscription;
            Enumeration = TakeAsync();
        }

        /// <summary>Its process.</summary>
        public ITransport Transport { get; }

        /// <summary>Its membership.</summary>
        public ISubscription Subscription { get; }

        /// <summary>Ends when the lanes end.</summary>
        public Task Enumeration { get; }

        /// <summary>Every lane that it was ever given.</summary>
        public IReadOnlyList<ILane> Given
        {
            get
            {
                lock (gate) return [.. lanes];
            }
        }

        /// <summary>The lanes that it may read now: not lost, not asked back.</summary>
        public IReadOnlyList<ILane> Live => [.. Given.Where(l => !l.Lost.IsCancellationRequested && !l.Revoked.IsCompleted && !released.Contains(l))];

        private readonly HashSet<ILane> released = [];

        /// <summary>Waits until it has so many lanes.</summary>
        public async Task<IReadOnlyList<ILane>> LanesAsync(int count)
        {
            await contract.Eventually(() => Enumeration.IsFaulted || Live.Count == count, $"{count} lanes");
            if (Enumeration.IsFaulted) await Enumeration;
            return Live;
        }

        /// <summary>Waits for its only lane.</summary>
        public async Task<ILane> LaneAsync() => (await LanesAsync(1))[0];

        /// <summary>Stores the last of what was read, and makes it durable.</summary>
        public async Task CommitAsync(ILane lane, Position handled)
        {
            lane.Store(handled);
            await FlushAsync();
        }

        /// <summary>Makes durable what was stored.</summary>
        public Task FlushAsync() => contract.Soon(Subscription.FlushAsync(CancellationToken.None));

        /// <summary>Gives a lane back.</summary>
        public async Task ReleaseAsync(ILane lane, LaneEnd end = LaneEnd.Revoked)
        {
            released.Add(lane);
            await contract.Soon(lane.ReleaseAsync(end));
        }

        /// <summary>Takes no more lanes.</summary>
        public async Task StopAsync()
        {
            await stop.CancelAsync();
            await contract.Soon(Enumeration);
        }

        /// <summary>Leaves in order: stop, flush, release, dispose.</summary>
        public async Task LeaveAsync()
        {
            left = true;
            await StopAsync();
            await FlushAsync();
            foreach (var lane in Given) await ReleaseAsync(lane, lane.Lost.IsCancellationRequested ? LaneEnd.Lost : LaneEnd.Stopped);
            await contract.Soon(Subscription.DisposeAsync());
        }

        /// <inheritdoc />
        public async ValueTask DisposeAsync()
        {
            await stop.CancelAsync();
            if (!left) await contract.Soon(Subscription.DisposeAsync());
        }

        private async Task TakeAsync()
        {
            await Task.Yield();
            await foreach (var lane in Subscription.LanesAsync(stop.Token))
                lock (gate) lanes.Add(lane);
        }
    }
}
