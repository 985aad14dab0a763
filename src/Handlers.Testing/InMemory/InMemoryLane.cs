using System.Diagnostics.CodeAnalysis;

namespace Handlers.Testing;

[SuppressMessage("Design", "CA1001", Justification = "The source has no timer or handle of its own, and the loop may look at its token after the end.")]
internal sealed class InMemoryLane : ITransactionalLane
{
    private readonly InMemoryBroker broker;
    private readonly InMemoryGroup group;
    private readonly TaskCompletionSource<Revocation> revoked = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly CancellationTokenSource lost = new();
    private ITimer? deadline;  // guarded by the broker's gate, as all below
    private LaneId id;
    private int next;          // the next position to hand out
    private Position? lastRead;
    private long stored = -1;  // the last handled position
    private readonly List<OutgoingMessage> outputs = []; // what goes with it

    public InMemoryLane(InMemoryBroker broker, InMemoryGroup group, InMemorySubscription subscription, InMemoryPartition partition, long epoch, int next)
    {
        this.broker = broker;
        this.group = group;
        this.next = next;
        Subscription = subscription;
        Partition = partition;
        id = new LaneId(partition.Topic.Name, partition.Number.ToString(null, null), epoch);
    }

    public InMemorySubscription Subscription { get; }

    public InMemoryPartition Partition { get; }

    public bool IsReleased { get; set; }

    public LaneId Id
    {
        get
        {
            lock (broker.Gate) return id;
        }
    }

    public LaneState State
    {
        get
        {
            lock (broker.Gate)
            {
                var behind = Partition.Messages.Count - next;
                var time = behind <= 0 || next == 0 ? TimeSpan.Zero
                    : TimeSpan.FromMilliseconds(Partition.Messages[^1].TimestampMilliseconds - Partition.Messages[next - 1].TimestampMilliseconds);
                return new LaneState(lastRead, Math.Max(0, behind), time);
            }
        }
    }

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return TryRead(into, out var appended) ? new(true) : WaitAndReadAsync(into, appended, stop);
    }

    public void Store(Position handled)
    {
        lock (broker.Gate)
        {
            if (!IsReleased && handled.Number > stored) stored = handled.Number;
        }
    }

    public void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs)
    {
        Store(handled);
        lock (broker.Gate)
        {
            if (!IsReleased) this.outputs.AddRange(outputs);
        }
    }

    public ValueTask SeekAsync(StartPosition to, CancellationToken stop)
    {
        lock (broker.Gate)
        {
            broker.CheckIsThere();
            var assignment = group.Of(Partition);
            if (assignment.Lane != this) throw new TransportException($"Lane {id} is not ours any more.");
            if (to.After is { } after && (after.Sequence is not null || after.Number < -1 || after.Number >= Partition.Messages.Count))
                throw new TransportException($"Lane {id} has no position {after}: it ends at {Partition.Messages.Count - 1}.") { IsRefused = true };
            next = InMemoryGroup.PositionOf(to, Partition);
            stored = -1;
            outputs.Clear();
            assignment.Committed = next;
            id = id with { Epoch = ++assignment.Epoch };
        }

        return default;
    }

    public ValueTask ReleaseAsync(LaneEnd end)
    {
        lock (broker.Gate)
        {
            if (IsReleased) return default;
            IsReleased = true;
            deadline?.Dispose();
            Subscription.Released(this);
        }

        return default;
    }

    /// <summary>Whether the partition is still this lane's. Under the gate.</summary>
    public bool IsOwner => group.Of(Partition).Lane == this;

    /// <summary>What the next commit publishes. Under the gate.</summary>
    public IReadOnlyList<OutgoingMessage> Outputs => outputs;

    /// <summary>Makes what is stored the committed position; its outputs are published. Of an owner, under the gate.</summary>
    public void Commit()
    {
        var assignment = group.Of(Partition);
        if (stored >= 0 && stored + 1 > assignment.Committed) assignment.Committed = stored + 1;
        outputs.Clear();
    }

    /// <summary>The group wants the partition back. Under the gate.</summary>
    public void Revoke()
    {
        if (deadline is not null) return;
        var at = broker.Time.GetUtcNow() + Subscription.RevokeBudget;
        deadline = broker.Time.CreateTimer(static s => ((InMemoryLane)s!).Expire(), this, Subscription.RevokeBudget, Timeout.InfiniteTimeSpan);
        revoked.TrySetResult(new Revocation(at));
    }

    public void Lose() => lost.Cancel();

    private void Expire()
    {
        lock (broker.Gate)
        {
            if (IsReleased) return;
            group.Released(this);
        }

        Lose();
    }

    private bool TryRead(MessageBatch into, out Task appended)
    {
        lock (broker.Gate)
        {
            if (broker.Back is { } back)
            {
                appended = back;
                return false;
            }

            var messages = Partition.Messages;
            while (next < messages.Count && into.Count < into.MaxCount)
            {
                var message = messages[next];
                if (!into.HasRoomFor(message.Key.Length + message.Body.Length)) break;
                into.Add(in message);
                lastRead = message.Position;
                next++;
            }

            appended = into.Count > 0 ? Task.CompletedTask : Partition.WhenAppended();
            return into.Count > 0;
        }
    }

    private async ValueTask<bool> WaitAndReadAsync(MessageBatch into, Task appended, CancellationToken stop)
    {
        do
        {
            await appended.WaitAsync(stop);
        }
        while (!TryRead(into, out appended));

        return true;
    }
}
