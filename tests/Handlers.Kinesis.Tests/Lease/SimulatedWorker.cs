using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

/// <summary>A process with the leases of a subscription, and a reader for each, as the transport will have them.</summary>
internal sealed class SimulatedWorker : ILeaseListener
{
    private static readonly TimeSpan MatchInterval = TimeSpan.FromSeconds(25);

    private readonly LeaseSchedule schedule;
    private readonly Dictionary<HeldLease, Reader> readers = [];
    private readonly bool isStubborn; // does not hand over when it is asked to
    private bool hasMatched;
    private bool isStopping;

    public SimulatedWorker(LeaseSchedule schedule, SimulationThread thread, string name, bool isStubborn)
    {
        this.schedule = schedule;
        this.isStubborn = isStubborn;
        Name = name;
        Party = new SimulatedParty(thread);
        Table = new LeaseTable(
            new SimulatedLeaseStore(schedule, this), new LeaseTableOptions(name, LeaseSchedule.LeaseTime, LeaseSchedule.HandOverTime, schedule.Begin), this, Party.Clock, schedule.Chance.Below);
    }

    public string Name { get; }

    public SimulatedParty Party { get; }

    public LeaseTable Table { get; }

    public bool HasEnded { get; private set; }

    /// <summary>Alive, and not about to stop.</summary>
    public bool IsRunning => !HasEnded && !Party.IsDead && !isStopping;

    public IEnumerable<HeldLease> Held => Party.IsDead ? [] : Table.Held;

    /// <summary>What it goes on reading: of what it is giving back it does nothing any more, though the answer is on its way.</summary>
    public IEnumerable<HeldLease> Reading => Held.Where(l => readers.TryGetValue(l, out var reader) && !reader.IsReleasing);

    public void Start() => Party.Post(() => _ = GuardAsync(RunAsync));

    public void Stop() => Party.Post(() => isStopping = true);

    public void Crash()
    {
        schedule.Say($"{Name} crashes");
        Party.Die();
    }

    public void Taken(HeldLease lease)
    {
        schedule.OnTaken(this, lease);
        var reader = new Reader(lease);
        readers.Add(lease, reader);
        Party.Post(() => _ = GuardAsync(() => ReadAsync(reader)));
    }

    public void Wanted(HeldLease lease, DateTimeOffset deadline)
    {
        schedule.Say($"{Name} is asked for {lease.Shard} until {(deadline - SimulationClock.Beginning).TotalSeconds:0.0}");
        readers[lease].IsWanted = true;
    }

    public void Lost(HeldLease lease, string why)
    {
        schedule.Say($"{Name}: {why}");
        readers[lease].IsLost = true;
    }

    private async Task RunAsync()
    {
        while (!hasMatched && IsRunning)
        {
            await MatchAsync();
            await PauseAsync(200);
        }

        Task[] loops =
        [
            LoopAsync(LeaseSchedule.LeaseTime / 3, Table.RenewAsync),
            LoopAsync(LeaseSchedule.LeaseTime / 2, Table.TakeAsync),
            LoopAsync(MatchInterval, async _ => await MatchAsync()),
        ];
        foreach (var loop in loops) await loop;
        while (readers.Count > 0) await PauseAsync(50);
        await TryAsync(() => Table.LeaveAsync(default));
        schedule.Say($"{Name} has stopped");
        HasEnded = true;
    }

    private async Task LoopAsync(TimeSpan interval, Func<CancellationToken, Task> act)
    {
        while (IsRunning)
        {
            await TryAsync(() => act(default)); // not cut off at the stop: what is taken meanwhile is released
            for (var waited = TimeSpan.Zero; waited < interval && IsRunning; waited += TimeSpan.FromMilliseconds(250)) await PauseAsync(250);
        }
    }

    private async Task MatchAsync()
    {
        await TryAsync(async () =>
        {
            await Table.MatchAsync(schedule.ListAsync, default);
            hasMatched = true;
        });
    }

    private async Task ReadAsync(Reader reader)
    {
        var lease = reader.Lease;
        var shard = schedule.Stream.Of(lease.Shard);
        var done = ModelShard.Handled(lease.Begin);
        while (!reader.IsLost)
        {
            await PauseAsync(schedule.Chance.Between(20, 900));
            if (reader.IsLost) break;
            if (!IsRunning || (reader.IsWanted && !isStubborn))
            {
                await CheckpointAsync(reader, done);
                reader.IsReleasing = true;
                await TryAsync(async () => await Table.ReleaseAsync(lease, default));
                schedule.Say($"{Name} releases {lease.Shard} at {done}");
                break;
            }

            done = Math.Min(shard.Records, done + schedule.Chance.Between(0, 5));
            if (schedule.Chance.Of(0.6) && done > 0) await CheckpointAsync(reader, done);
            if (shard.IsClosed && done == shard.Records && !reader.IsLost && await FinishAsync(reader, shard, done)) break;
        }

        readers.Remove(lease);
    }

    private async Task CheckpointAsync(Reader reader, int done)
    {
        if (done == 0) return;
        await TryAsync(async () =>
        {
            var wasLost = reader.IsLost;
            var isWritten = await Table.CheckpointAsync(reader.Lease, ModelShard.At(done), default);
            if (isWritten && wasLost) schedule.Violate($"{Name} wrote a checkpoint of {reader.Lease.Shard} although it was lost");
            if (!isWritten && !reader.IsLost) schedule.Violate($"{Name} could not write a checkpoint of {reader.Lease.Shard}, and was not told that it is lost");
        });
    }

    private async Task<bool> FinishAsync(Reader reader, ModelShard shard, int done)
    {
        await CheckpointAsync(reader, done);
        var isFinished = false;
        await TryAsync(async () => isFinished = await Table.FinishAsync(reader.Lease, schedule.Chance.Of(0.5) ? null : [.. shard.Children.Select(static c => c.Id)], schedule.ListAsync, default));
        if (isFinished) Party.Post(() => _ = GuardAsync(() => TryAsync(() => Table.RenewAsync(default)))); // more overlap than is promised
        return isFinished || reader.IsLost;
    }

    private Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), Party.Clock);

    private static async Task TryAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (TransportException e) when (e.IsTransient)
        {
        }
    }

    private async Task GuardAsync(Func<Task> act)
    {
        try
        {
            await act();
        }
        catch (Exception e)
        {
            schedule.Violate($"{Name}: {e}");
        }
    }

    private sealed class Reader(HeldLease lease)
    {
        public HeldLease Lease { get; } = lease;

        public bool IsWanted { get; set; }

        public bool IsLost { get; set; }

        public bool IsReleasing { get; set; }
    }
}
