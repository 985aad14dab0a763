using System.Diagnostics.CodeAnalysis;

namespace Handlers.Testing;

/// <summary>A lane of a simulated process. It believes what it is told: see <see cref="SimulatedGroup"/>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "The source has no timer or handle of its own, and the loop may look at its token after the end.")]
internal sealed class SimulatedLane : ITransactionalLane
{
    private readonly SimulatedBroker broker;
    private readonly SimulatedGroup group;
    private readonly TaskCompletionSource<Revocation> revoked = new();
    private readonly CancellationTokenSource lost = new();
    private int next; // the index of the next message to hand out
    private Position? lastRead;
    private readonly List<OutgoingMessage> outputs = []; // of this epoch, which go with what is stored
    private bool toldLost;

    public SimulatedLane(SimulatedBroker broker, SimulatedGroup group, SimulatedSubscription subscription, SimulatedPartition partition, long epoch, long committed)
    {
        this.broker = broker;
        this.group = group;
        Subscription = subscription;
        Partition = partition;
        Id = new LaneId(partition.Topic, partition.Name, epoch);
        next = partition.IndexBehind(committed);
    }

    public SimulatedSubscription Subscription { get; }

    public SimulatedProcess Process => Subscription.Process;

    public SimulatedPartition Partition { get; }

    public LaneId Id { get; private set; }

    public bool IsRevoking { get; private set; }

    public bool IsReleased { get; private set; }

    /// <summary>What the core stored last; -1 before the first.</summary>
    public long Stored { get; private set; } = -1;

    public LaneState State => new(lastRead, Partition.Messages.Count - next, null);

    public Task<Revocation> Revoked => revoked.Task;

    public CancellationToken Lost => lost.Token;

    public ValueTask<bool> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        Process.Party.Thread.IsHere();
        stop.ThrowIfCancellationRequested();
        if (broker.Chance.Of(broker.Faults.FailedRead)) throw new TransportException("The simulated broker cannot read on.");
        if (!broker.Chance.Of(broker.Faults.SlowRead) && Fill(into) is { } read) return new(read);
        return WaitAndReadAsync(into, stop);
    }

    public void Store(Position handled)
    {
        Process.Party.Thread.IsHere();
        if (toldLost) broker.History.Add(FactKind.StoredAfterLost, Process.Number, Partition, Id.Epoch, handled.Number);
        Stored = handled.Number;
    }

    public void Store(Position handled, IReadOnlyList<OutgoingMessage> outputs)
    {
        Store(handled);
        this.outputs.AddRange(outputs);
    }

    /// <summary>What goes with what is stored, from the first of the epoch on: the broker knows how many of them it has.</summary>
    public IReadOnlyList<OutgoingMessage> Outputs => outputs.Count == 0 ? [] : [.. outputs];

    public async ValueTask SeekAsync(StartPosition to, CancellationToken stop)
    {
        var behind = Resolve(to);
        if (behind > Partition.Last) throw new TransportException($"Lane {Id} has no position {behind}: it ends at {Partition.Last}.") { IsRefused = true };
        long? epoch = null;
        outputs.Clear();
        Stored = -1; // what is stored from here on is believed to be of the new epoch
        await Process.Network.CallAsync(() => epoch = group.Rewind(this, behind), stop);
        if (epoch is null)
        {
            Lose();
            throw new TransportException($"Lane {Id} is not ours any more.");
        }

        lastRead = null;
        next = Partition.IndexBehind(behind);
        Id = Id with { Epoch = epoch.Value };
    }

    public async ValueTask ReleaseAsync(LaneEnd end)
    {
        if (IsReleased) return;
        IsReleased = true;
        broker.History.Add(FactKind.Released, Process.Number, Partition, Id.Epoch, number: (int)end, text: end.ToString());
        Subscription.Released(this);
        if (broker.Chance.Of(broker.Faults.SlowRead)) await Task.Delay(broker.Chance.Milliseconds(1, 200), Process.Party.Clock);
        group.Released(this, end);
    }

    /// <summary>The group wants the partition back. Said in the process's own work.</summary>
    public void Revoke()
    {
        IsRevoking = true;
        var deadline = broker.Party.Clock.GetUtcNow() + Subscription.RevokeBudget;
        Process.Party.Post(() =>
        {
            if (IsReleased) return;
            broker.History.Add(FactKind.RevokeAsked, Process.Number, Partition, Id.Epoch);
            revoked.TrySetResult(new Revocation(deadline));
        });
    }

    /// <summary>It is not ours any more. Said in the process's own work.</summary>
    public void TellLost(TimeSpan delay) => Process.Party.After(delay, Lose);

    /// <summary>The same, in the process's own work already.</summary>
    public void Lose()
    {
        if (toldLost || IsReleased) return;
        toldLost = true;
        broker.History.Add(FactKind.LostTold, Process.Number, Partition, Id.Epoch);
        lost.Cancel();
    }

    private async ValueTask<bool> WaitAndReadAsync(MessageBatch into, CancellationToken stop)
    {
        if (broker.Chance.Of(broker.Faults.SlowRead)) await Task.Delay(broker.Chance.Milliseconds(1, 500), Process.Party.Clock, stop);
        while (true)
        {
            if (Fill(into) is { } read) return read;
            await Partition.WhenAppendedAsync(stop);
        }
    }

    /// <summary>True: messages. False: the partition's end. Null: nothing yet.</summary>
    private bool? Fill(MessageBatch into)
    {
        var messages = Partition.Messages;
        if (next == messages.Count) return Partition.HasEnded ? false : null;
        var most = broker.Chance.Of(0.5) ? into.MaxCount : broker.Chance.Between(1, into.MaxCount);
        while (next < messages.Count && into.Count < most)
        {
            var message = messages[next];
            if (!into.HasRoomFor(message.Key.Length + message.Body.Length)) break;
            into.Add(in message);
            lastRead = message.Position;
            next++;
        }

        broker.History.Add(FactKind.Read, Process.Number, Partition, Id.Epoch, lastRead!.Value.Number, into.Count);
        return true;
    }

    private long Resolve(StartPosition to)
    {
        if (to.After is { } after) return after.Number;
        if (to.From == StartFrom.Latest) return Partition.Last;
        if (to.From != StartFrom.Time) return -1;
        var first = Partition.Messages.FirstOrDefault(m => m.TimestampMilliseconds >= to.Time.ToUnixTimeMilliseconds());
        return first.Body.IsNull && first.TimestampMilliseconds == 0 ? Partition.Last : first.Position.Number - 1;
    }
}
