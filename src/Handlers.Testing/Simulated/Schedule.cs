using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Handlers.Testing;

/// <summary>
/// One run from one seed: processes start, messages come, lanes are revoked, lost and taken, processes crash and stop; then there is calm, in
/// which a fresh process must bring everything to its end.
/// </summary>
internal sealed class Schedule
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(10);

    private readonly SimulationThread thread;
    private readonly SimulatedParty driver;
    private readonly List<SimulatedProcess> processes = [];
    private int published;
    private bool isEnding;

    /// <param name="seed">Decides everything.</param>
    /// <param name="plan">Made of the seed's chance.</param>
    public Schedule(ulong seed, Func<Schedule, SchedulePlan> plan)
    {
        Seed = seed;
        Chance = new Chance(seed);
        History = new History();
        thread = new SimulationThread(Chance, History);
        History.Thread = thread;
        driver = new SimulatedParty(thread);
        Broker = new SimulatedBroker(thread, Chance, History, Chance.Between(2, 4));
        Plan = plan(this);
    }

    public ulong Seed { get; }

    public Chance Chance { get; }

    public History History { get; }

    public SimulatedBroker Broker { get; }

    public SchedulePlan Plan { get; }

    /// <summary>What holds for the messages of each topic that is handled.</summary>
    public IReadOnlyDictionary<string, Promise> Promises { get; private set; } = new Dictionary<string, Promise>();

    /// <summary>The options of each process.</summary>
    public HandlersOptions Options { get; private set; } = new();

    /// <summary>Every process that there was.</summary>
    public IReadOnlyList<SimulatedProcess> Processes => processes;

    /// <summary>Faults have ceased.</summary>
    public bool IsCalm { get; private set; }

    /// <summary>Runs to the end. On the caller's thread, start to end.</summary>
    public void Run()
    {
        driver.Post(() => _ = DriveAsync());
        thread.Run();
        foreach (var process in processes) process.Forget();
        if (!thread.IsOver && !History.IsViolated) History.Violate("goes on", "nothing is left to do, and the schedule has not ended: something waits for what never comes");
        if (History.IsViolated && !thread.IsOver) return;
        Options = processes[0].Services.GetRequiredService<IOptions<HandlersOptions>>().Value;
        Promises = Promise.Of(processes[0].Services.GetRequiredService<HandlersRuntime>());
        foreach (var invariant in Invariant.All(this)) invariant.Check(History);
    }

    /// <summary>Seed, cell, schedule, what was violated, and how to see it again.</summary>
    public string Told(string replay)
    {
        List<string> lines = [$"seed {Seed}: {Plan.Cell}"];
        foreach (ref readonly var fact in History.Facts) lines.Add(fact.ToString());
        foreach (var violation in History.Violations) lines.Add($"VIOLATED at {violation.At.TotalSeconds:0.000} s: {violation.Invariant}: {violation.Message}");
        lines.Add($"replay: {replay}");
        return string.Join(Environment.NewLine, lines);
    }

    private async Task DriveAsync()
    {
        try
        {
            Broker.Faults = Plan.Faults;
            thread.HoldUps = Plan.HoldUps;
            Publish(Chance.Between(Plan.Messages.Count / 2, Plan.Messages.Count));
            for (var i = 0; i < Plan.Processes; i++) Start();
            foreach (var act in Script())
            {
                await PauseAsync(Chance.Of(0.3) ? Chance.Milliseconds(0, 50) : Chance.Milliseconds(50, 2_500));
                if (History.IsViolated) return;
                act();
                if (Chance.Of(0.5)) Publish(Chance.Between(1, 20));
            }

            await CalmAsync();
        }
        catch (Exception e)
        {
            History.Violate("the schedule runs", e.ToString());
        }
        finally
        {
            thread.IsOver = true;
        }
    }

    /// <summary>Two rebalances at least, and as much else as fits.</summary>
    private List<Action> Script()
    {
        var acts = new List<Action> { Rebalance, Rebalance };
        while (acts.Count < Plan.Events) acts.Add(Chance.Pick<Action>([Rebalance, RevokeOne, RevokeOne, LoseOne, LoseOne, Crash, StopOne, EndOne, .. Plan.Handler is null ? Array.Empty<Action>() : [Steer, Steer]]));
        for (var i = acts.Count - 1; i > 0; i--)
        {
            var j = Chance.Below(i + 1);
            (acts[i], acts[j]) = (acts[j], acts[i]);
        }

        return acts;
    }

    /// <summary>Nothing goes wrong any more. What is there stops or dies, and one fresh process does the rest.</summary>
    private async Task CalmAsync()
    {
        isEnding = true;
        Publish(Plan.Messages.Count);
        foreach (var process in processes.Where(p => !p.HasEnded))
        {
            if (Plan.Crashes && Chance.Of(0.3)) process.Crash();
            else process.Stop();
        }

        await UntilAsync(() => processes.All(p => p.HasEnded), "a process does not come to its stop");
        IsCalm = true;
        History.Add(FactKind.Calm);
        Broker.Faults = Faults.None;
        thread.HoldUps = 0;
        Plan.OnCalm();
        await PauseAsync(Network.Longest * 2); // handlers that ran on end now, and what is on its way arrives, from the dead too
        Start();
        await UntilAsync(IsDone, "not everything comes to its end");
        if (History.IsViolated) return;
        foreach (var process in processes.Where(p => !p.HasEnded)) process.Stop();
        await UntilAsync(() => processes.All(p => p.HasEnded), "a process does not come to its stop");
        await PauseAsync(TimeSpan.FromMinutes(1)); // handlers that ran on come to their end, too late
        foreach (var process in processes) process.ReportLate();
    }

    private bool IsDone()
    {
        KeepOneRunning();
        return Broker.Groups.All(g => g.Ownerships.All(o => o.Key.Messages.Count == 0 || o.Value.Committed == o.Key.Last));
    }

    /// <summary>A handler that fails for a time stops its process, which somebody starts again.</summary>
    private void KeepOneRunning()
    {
        if (processes.All(p => p.HasEnded)) Start();
    }

    private async Task UntilAsync(Func<bool> condition, string otherwise)
    {
        var began = thread.Now;
        while (!condition())
        {
            if (History.IsViolated) return;
            if (thread.Now - began > Patience)
            {
                History.Violate("comes to an end", $"{otherwise} within {Patience.TotalMinutes} minutes: {Where()}");
                return;
            }

            await PauseAsync(TimeSpan.FromMilliseconds(250));
        }
    }

    private string Where() => string.Join("; ", Broker.Groups.SelectMany(g => g.Ownerships).Select(o => $"{o.Key} committed {o.Value.Committed} of {o.Key.Last}"))
        + string.Concat(processes.Where(p => !p.HasEnded).Select(p => $"; process {p.Number} is there"));

    private Task PauseAsync(TimeSpan time) => Task.Delay(time, driver.Clock);

    private void Publish(int count)
    {
        for (; count > 0 && published < Plan.Messages.Count; count--) Broker.Append(Plan.Messages[published++], process: null);
    }

    private void Start()
    {
        var process = new SimulatedProcess(processes.Count, Broker, thread, Plan.Configure);
        processes.Add(process);
        process.Start();
    }

    private void Rebalance()
    {
        Say("rebalance");
        foreach (var (group, partition) in Owned())
            if (Chance.Of(0.6)) group.Revoke(partition);
        if (processes.Count(p => p.IsRunning) < Plan.Processes && processes.Count < 12) Start();
    }

    private void RevokeOne()
    {
        if (Owned() is { Count: > 0 } owned && Chance.Pick(owned) is var (group, partition)) group.Revoke(partition);
    }

    private void LoseOne()
    {
        if (Owned() is { Count: > 0 } owned && Chance.Pick(owned) is var (group, partition)) group.Take(partition);
    }

    private void Crash() => End(Plan.Crashes ? static p => p.Crash() : static p => p.Stop());

    private void StopOne() => End(static p => p.Stop());

    /// <summary>A partition gets its end, as a shard does; one goes on, so that there is somewhere to publish to.</summary>
    private void EndOne()
    {
        var open = Broker.Topics.SelectMany(t => t.Partitions).Where(p => !p.HasEnded).GroupBy(p => p.Topic).Where(g => g.Count() > 1).SelectMany(g => g.Skip(1)).ToList();
        if (open.Count > 0) Chance.Pick(open).End();
    }

    private void Steer()
    {
        var running = processes.Where(p => p.IsRunning).ToList();
        if (running.Count > 0) new Steering(this).Steer(Chance.Pick(running));
    }

    private void End(Action<SimulatedProcess> how)
    {
        var running = processes.Where(p => p.IsRunning).ToList();
        if (running.Count == 0) return;
        how(Chance.Pick(running));
        driver.After(Chance.Milliseconds(1, 3_000), () =>
        {
            if (!isEnding) Start();
        });
    }

    private List<(SimulatedGroup Group, SimulatedPartition Partition)> Owned() =>
        [.. Broker.Groups.SelectMany(g => g.Ownerships.Where(o => o.Value.Lane is not null).Select(o => (g, o.Key)))];

    private void Say(string what) => History.Add(FactKind.Event, text: what);
}
