using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// One run from one seed, in virtual time on one thread: workers come, stop, crash and hang, shards split and merge, the store fails; then there
/// is calm, in which everything must come to its end and to equal shares.
/// </summary>
[SuppressMessage("Design", "CA1001", Justification = "What it owns is memory.")]
internal sealed class LeaseSchedule
{
    public static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(9);
    public static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(7);
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly MemoryLeaseStore rows = new();
    private readonly History history = new();
    private readonly SimulationThread thread;
    private readonly SimulatedParty driver;
    private readonly List<SimulatedWorker> workers = [];
    private readonly List<string> told = [];
    private readonly bool isTold;
    private bool isCalm;

    /// <param name="seed">Decides everything.</param>
    /// <param name="isTold">Keeps what happens, for <see cref="Told"/>.</param>
    public LeaseSchedule(ulong seed, bool isTold)
    {
        Seed = seed;
        this.isTold = isTold;
        Chance = new Chance(seed);
        thread = new SimulationThread(Chance, history);
        history.Thread = thread;
        driver = new SimulatedParty(thread);
        Broker = new SimulatedParty(thread);
        Faults = Faults.Of(Chance);
        thread.HoldUps = Chance.Pick([0, 0, 0.01, 0.05]);
        Begin = Chance.Of(0.5) ? LeaseCheckpoint.Horizon : LeaseCheckpoint.At(SimulationClock.Beginning);
    }

    public ulong Seed { get; }

    public Chance Chance { get; }

    public Faults Faults { get; private set; }

    public LeaseCheckpoint Begin { get; }

    public StreamModel Stream { get; } = new();

    /// <summary>Where the store is: nothing of it dies.</summary>
    public SimulatedParty Broker { get; }

    public bool IsViolated => history.IsViolated;

    /// <summary>How many leases were taken, for the test that schedules are worth something.</summary>
    public int Taken { get; private set; }

    public int Refused { get; private set; }

    public IReadOnlyList<Lease> Rows => All(rows.ListAsync(default));

    public Lease? Row(string shard) => Rows.FirstOrDefault(r => r.Shard == shard);

    public void Run()
    {
        driver.Post(() => _ = DriveAsync());
        thread.Run();
        if (!thread.IsOver && !history.IsViolated) Violate("nothing is left to do, and the schedule has not ended");
    }

    public string Told() => string.Join(Environment.NewLine, [$"seed {Seed}", .. told, .. history.Violations.Select(v => $"VIOLATED at {v.At.TotalSeconds:0.000} s: {v.Message}")]);

    public void Say(string what)
    {
        if (isTold) told.Add(string.Create(CultureInfo.InvariantCulture, $"{thread.Now.TotalSeconds,9:0.000} s  {what}"));
    }

    public void Violate(string what) => history.Violate("leases", what);

    /// <summary>The stream's shards, in any order, as of a moment between asking and answer.</summary>
    public async ValueTask<IReadOnlyList<Shard>> ListAsync(CancellationToken stop)
    {
        await Task.Delay(Chance.Milliseconds(0, 500), driver.Clock, stop);
        var listed = StreamModel.AsListed(Stream.Shards).ToList();
        for (var i = listed.Count - 1; i > 0; i--)
        {
            var j = Chance.Below(i + 1);
            (listed[i], listed[j]) = (listed[j], listed[i]);
        }

        return listed;
    }

    /// <summary>A write has arrived.</summary>
    public bool Apply(SimulatedWorker worker, Lease? seen, Lease? next)
    {
        var before = Row((seen ?? next)!.Shard);
        if (!rows.TryWrite(seen, next))
        {
            Refused++;
            return false;
        }

        var shard = Stream.Of((seen ?? next)!.Shard);
        if (next is null)
        {
            if (!before!.Checkpoint.IsEnd) Violate($"{worker.Name} deleted the lease of {shard}, which has not ended");
        }
        else if (before is null)
        {
            if (shard.IsEnded) Violate($"{worker.Name} made the lease of {shard} again, which has ended");
        }
        else if (next.Checkpoint != before.Checkpoint)
        {
            if (before.Writer != worker.Name) Violate($"a checkpoint of {shard} by {worker.Name} was accepted while {before.Writer ?? "nobody"} may write");
            if (!next.Checkpoint.IsAfter(before.Checkpoint)) Violate($"the checkpoint of {shard} went from {before.Checkpoint} back to {next.Checkpoint}");
            if (Believers(shard.Id).FirstOrDefault(w => w.Name != worker.Name) is { } other) Violate($"{worker.Name} wrote a checkpoint of {shard} while {other.Name} believes to hold it");
            if (next.Checkpoint.IsEnd) End(shard);
        }

        if (before is not null && next is not null && next.Owner != before.Owner) Say($"{shard} goes from {before.Writer ?? "nobody"} to {next.Owner ?? "nobody"}{(next.HandedOverBy is null ? "" : $", handed over by {next.HandedOverBy}")}, by {worker.Name}");
        return true;
    }

    /// <summary>A worker has been told that a lease is its own.</summary>
    public void OnTaken(SimulatedWorker worker, HeldLease lease)
    {
        Taken++;
        Say($"{worker.Name} reads {lease.Shard} from {lease.Begin}");
        var shard = Stream.Of(lease.Shard);
        if (shard.Parents.FirstOrDefault(static p => !p.IsEnded) is { } parent) Violate($"{worker.Name} reads {shard} before its parent {parent} has ended");
        if (Believers(lease.Shard).FirstOrDefault(w => w != worker) is { } other) Violate($"{worker.Name} takes {shard} while {other.Name} believes to hold it");
        if (Row(lease.Shard) is { } row && row.Owner == worker.Name && row.Checkpoint != lease.Begin) Violate($"{worker.Name} reads {shard} from {lease.Begin}, but it is handled to {row.Checkpoint}");
    }

    /// <summary>Who holds a lease by its own clock.</summary>
    private IEnumerable<SimulatedWorker> Believers(string shard) => workers.Where(w => w.Reading.Any(l => l.Shard == shard && !l.IsOver
        && Age(l.Since) < LeaseTime && (l.Row.HandedOverBy is null || l.WantedSince is not { } wanted || Age(wanted) < HandOverTime)));

    private TimeSpan Age(long since) => thread.Now - TimeSpan.FromTicks(since);

    private void End(ModelShard shard)
    {
        Say($"{shard} has ended");
        shard.IsEnded = true;
        if (Row(shard.Id) is { Children.Count: 0 }) Violate($"{shard} ended without children");
        if (shard.Children.FirstOrDefault(c => Row(c.Id) is null) is { } child) Violate($"{shard} ended before the lease of {child} was made");
    }

    private async Task DriveAsync()
    {
        try
        {
            for (var i = Chance.Between(1, 4); i > 0; i--) Stream.Add().Records = Chance.Between(0, 20);
            if (Chance.Of(0.4)) Reshard(); // before the group's first start
            for (var i = Chance.Between(1, 3); i > 0; i--) Start();
            for (var acts = Chance.Between(4, 14); acts > 0 && !IsViolated; acts--)
            {
                await PauseAsync(Chance.Between(500, 12_000));
                foreach (var shard in Stream.Open) shard.Records += Chance.Between(0, 10);
                Chance.Pick<Action>([Reshard, Reshard, Start, StopOne, CrashOne, RestartOne, static () => { }])();
            }

            await CalmAsync();
        }
        catch (Exception e)
        {
            Violate(e.ToString());
        }
        finally
        {
            thread.IsOver = true;
        }
    }

    private async Task CalmAsync()
    {
        Faults = Faults.None;
        thread.HoldUps = 0;
        isCalm = true;
        while (workers.Count(static w => w.IsRunning) < 2) Start();
        Say("calm");
        await UntilAsync(IsDone, "not everything is handled");
        await UntilAsync(AreSharesEqual, "shares do not become equal");
        if (IsViolated) return;
        foreach (var worker in workers.Where(static w => w.IsRunning)) worker.Stop();
        await UntilAsync(() => workers.All(static w => w.HasEnded || w.Party.IsDead), "a worker does not come to its stop");
        if (Rows.FirstOrDefault(static r => r.Owner is not null && !r.Checkpoint.IsEnd) is { } kept && !workers.Any(w => w.Party.IsDead && w.Name == kept.Owner))
            Violate($"{kept.Shard} is still {kept.Owner}'s after everybody has stopped");
    }

    private bool IsDone() => Stream.Shards.All(s => s.IsClosed ? s.IsEnded : Row(s.Id) is { } row && ModelShard.Handled(row.Checkpoint) == s.Records);

    private bool AreSharesEqual()
    {
        var loads = workers.Where(static w => w.IsRunning).Select(static w => w.Held.Count(l => !l.IsOver)).ToList();
        return loads.Max() - loads.Min() <= 1 && loads.Sum() == Stream.Open.Count() && Rows.All(static r => r.HandedOverBy is null);
    }

    private async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        for (var began = thread.Now; !condition() && !IsViolated;)
        {
            if (thread.Now - began > Patience) Violate($"{otherwise} within {Patience.TotalMinutes} minutes: {string.Join("; ", Rows.Select(r => $"{r.Shard} {r.Checkpoint} {r.Owner} {r.HandedOverBy}"))}");
            await PauseAsync(500);
        }
    }

    private Task PauseAsync(int milliseconds) => Task.Delay(TimeSpan.FromMilliseconds(milliseconds), driver.Clock);

    private void Reshard()
    {
        var open = Stream.Open.ToList();
        var shard = Chance.Pick(open);
        if (open.Count > 1 && Chance.Of(0.5))
        {
            var other = Chance.Pick(open.Where(s => s != shard).ToList());
            Say($"{shard} and {other} are merged");
            Stream.Add(shard, other).Records = Chance.Between(0, 8);
        }
        else if (open.Count < 8)
        {
            Say($"{shard} is split");
            Stream.Split(shard);
        }
    }

    private void Start() => Start($"w{workers.Count}");

    private void Start(string name)
    {
        if (workers.Count(static w => w.IsRunning) >= 4) return;
        var worker = new SimulatedWorker(this, thread, name, isStubborn: !isCalm && Chance.Of(0.15));
        workers.Add(worker);
        Say($"{name} starts");
        worker.Start();
    }

    private void StopOne()
    {
        if (Running() is not { } worker) return;
        Say($"{worker.Name} is to stop");
        worker.Stop();
    }

    private void CrashOne() => Running()?.Crash();

    /// <summary>A worker that keeps its name.</summary>
    private void RestartOne()
    {
        if (Running() is not { } worker) return;
        worker.Crash();
        Start(worker.Name);
    }

    private SimulatedWorker? Running()
    {
        var running = workers.Where(static w => w.IsRunning).ToList();
        return running.Count == 0 ? null : Chance.Pick(running);
    }

    private static IReadOnlyList<Lease> All(ValueTask<IReadOnlyList<Lease>> list) => list.GetAwaiter().GetResult();
}
