using System.Runtime.CompilerServices;
using System.Threading.Channels;

namespace Handlers.Testing;

internal sealed class InMemorySubscription : ISubscription
{
    private readonly InMemoryBroker broker;
    private readonly InMemoryGroup group;
    private readonly SubscriptionRequest request;
    private readonly Channel<ILane> given = Channel.CreateUnbounded<ILane>();
    private readonly List<InMemoryLane> lanes = []; // guarded by the broker's gate: not released yet
    private bool joined;                            // guarded by the broker's gate

    public InMemorySubscription(InMemoryBroker broker, InMemoryGroup group, SubscriptionRequest request)
    {
        this.broker = broker;
        this.group = group;
        this.request = request;
        Topics = request.Topics.Select(t => t.Topic).ToHashSet(StringComparer.Ordinal);
    }

    public IReadOnlySet<string> Topics { get; }

    public TimeSpan RevokeBudget => request.RevokeBudget;

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        lock (broker.Gate)
        {
            if (!joined) group.Join(this);
            joined = true;
        }

        while (true)
        {
            ILane lane;
            try
            {
                lane = await given.Reader.ReadAsync(stop);
            }
            catch (OperationCanceledException)
            {
                break;
            }
            catch (ChannelClosedException)
            {
                break;
            }

            yield return lane;
        }

        lock (broker.Gate) group.StopGiving(this);
        while (given.Reader.TryRead(out var orphan)) await orphan.ReleaseAsync(LaneEnd.Stopped);
    }

    public ValueTask FlushAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        List<InMemoryLane> lost;
        IReadOnlyList<TaskCompletionSource> wake;
        lock (broker.Gate)
        {
            lost = lanes.FindAll(static lane => !lane.IsOwner);
            var ours = lanes.FindAll(static lane => lane.IsOwner);
            wake = broker.Append([.. ours.SelectMany(static lane => lane.Outputs)]);
            foreach (var lane in ours) lane.Commit();
        }

        foreach (var waiter in wake) waiter.TrySetResult();
        foreach (var lane in lost) lane.Lose();
        return default;
    }

    public ValueTask DisposeAsync()
    {
        lock (broker.Gate)
        {
            given.Writer.TryComplete();
            foreach (var lane in lanes) lane.IsReleased = true;
            lanes.Clear();
            group.Leave(this);
        }

        return default;
    }

    public StartPosition StartOf(string topic) => request.Topics.First(t => t.Topic == topic).Start;

    public void Give(InMemoryLane lane)
    {
        lanes.Add(lane);
        given.Writer.TryWrite(lane);
    }

    public void Released(InMemoryLane lane)
    {
        lanes.Remove(lane);
        group.Released(lane);
    }
}
