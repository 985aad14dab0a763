using System.Runtime.CompilerServices;

namespace Handlers.Testing;

/// <summary>The way of one simulated process to the simulated broker.</summary>
internal sealed class SimulatedTransport(SimulatedBroker broker, SimulatedProcess process) : ITransport, IPublisher
{
    public bool HasTransactions => true;

    public IPublisher Publisher => this;

    public ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        foreach (var topic in request.Topics) broker.Topic(topic.Topic);
        var subscription = new SimulatedSubscription(broker, process, request);
        process.Subscriptions.Add(subscription);
        return new(subscription);
    }

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        try
        {
            await process.Network.CallAsync(
                () =>
                {
                    foreach (var message in messages) broker.Append(message, process.Number);
                },
                stop);
        }
        catch (TransportException)
        {
            broker.History.Add(FactKind.PublishFailed, process.Number, text: messages[0].Topic);
            throw;
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var subscription in process.Subscriptions) await subscription.DisposeAsync();
    }
}

/// <summary>A membership of a simulated process.</summary>
internal sealed class SimulatedSubscription(SimulatedBroker broker, SimulatedProcess process, SubscriptionRequest request) : ISubscription
{
    private readonly Queue<SimulatedLane> given = [];
    private readonly List<SimulatedLane> lanes = []; // not released yet
    private TaskCompletionSource arrival = new();
    private long requests;
    private bool hasLeft;

    public SimulatedProcess Process { get; } = process;

    public IReadOnlySet<string> Topics { get; } = request.Topics.Select(t => t.Topic).ToHashSet(StringComparer.Ordinal);

    public TimeSpan RevokeBudget => request.RevokeBudget;

    /// <summary>The lanes that it has and did not release.</summary>
    public IReadOnlyList<SimulatedLane> Lanes => lanes;

    public SimulatedGroup Group { get; } = broker.Group(request.Group);

    public async IAsyncEnumerable<ILane> LanesAsync([EnumeratorCancellation] CancellationToken stop)
    {
        Group.Join(this);
        using var stopping = stop.UnsafeRegister(static s => ((SimulatedSubscription)s!).arrival.TrySetResult(), this);
        while (!stop.IsCancellationRequested)
        {
            if (given.TryDequeue(out var lane))
            {
                yield return lane;
                continue;
            }

            await arrival.Task;
            if (!stop.IsCancellationRequested) arrival = new();
        }

        Group.StopGiving(this);
        while (given.TryDequeue(out var orphan)) await orphan.ReleaseAsync(LaneEnd.Stopped);
    }

    public async ValueTask FlushAsync(CancellationToken stop)
    {
        Process.Party.Thread.IsHere();
        var sent = lanes.Select(l => (Lane: l, l.Id.Epoch, l.Stored, l.Outputs)).ToArray();
        var request = ++requests;
        List<SimulatedLane>? refused = null;
        await Process.Network.CallAsync(
            () =>
            {
                foreach (var (lane, epoch, stored, outputs) in sent)
                    if (!lane.IsReleased && !Group.Commit(lane, epoch, stored, outputs, (epoch << 32) | request)) (refused ??= []).Add(lane);
            },
            stop);
        foreach (var lane in refused ?? []) lane.Lose(); // before the flush is over, so that who waits for it knows
    }

    public ValueTask DisposeAsync()
    {
        if (hasLeft) return default;
        hasLeft = true;
        Group.Leave(this);
        return default;
    }

    public void Give(SimulatedLane lane) => Process.Party.Post(() =>
    {
        lanes.Add(lane);
        given.Enqueue(lane);
        arrival.TrySetResult();
    });

    public void Released(SimulatedLane lane) => lanes.Remove(lane);
}
