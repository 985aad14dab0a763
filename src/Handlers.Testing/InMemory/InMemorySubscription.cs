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
    private readonly HashSet<string> topics;        // guarded by the broker's gate: those that patterns match among them
    private readonly HashSet<string> later = new(StringComparer.Ordinal); // guarded by the broker's gate: matched when the group had begun
    private bool joined;                            // guarded by the broker's gate

    public InMemorySubscription(InMemoryBroker broker, InMemoryGroup group, SubscriptionRequest request)
    {
        this.broker = broker;
        this.group = group;
        this.request = request;
        topics = broker.Names.Where(Reads).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>What it reads now. Under the gate.</summary>
    public IReadOnlySet<string> Topics => topics;

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
            broker.CheckIsThere();
            lost = lanes.FindAll(static lane => !lane.IsOwner);
            var ours = lanes.FindAll(static lane => lane.IsOwner);
            wake = broker.Append([.. ours.SelectMany(static lane => lane.Outputs)]);
            foreach (var lane in ours) lane.Commit();
        }

        foreach (var waiter in wake) waiter.TrySetResult();
        foreach (var lane in lost) lane.Lose();
        return default;
    }

    public ValueTask PingAsync(CancellationToken stop)
    {
        lock (broker.Gate) broker.CheckIsThere();
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

    public StartPosition StartOf(string topic) => later.Contains(topic) ? StartPosition.Earliest : request.Find(topic)!.Start;

    /// <summary>Whether a topic is of its names, or matched by one of its patterns.</summary>
    public bool Reads(string topic) => request.Find(topic) is not null;

    /// <summary>It is a member from now on. A topic without a position is a later one where the group has begun with others of its pattern. Under the gate.</summary>
    public void Joined(IReadOnlySet<string> begun)
    {
        foreach (var name in broker.Names) Appeared(name); // since it subscribed
        foreach (var pattern in topics.Where(t => request.Find(t)!.Topic != t).GroupBy(t => request.Find(t)!.Topic).Where(p => p.Any(begun.Contains)))
            later.UnionWith(pattern.Where(t => !begun.Contains(t)));
    }

    /// <summary>There is a new topic. Under the gate.</summary>
    public void Appeared(string topic)
    {
        if (!topics.Contains(topic) && Reads(topic) && topics.Add(topic)) later.Add(topic);
    }

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
