using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>Many schedules, each wholly on one thread, as many threads as there are cores.</summary>
internal sealed class SimulationRun
{
    private const int MostFailuresTold = 5;

    private readonly Lock gate = new();
    private readonly List<string> failures = []; // guarded by gate, as the two below
    private long violated;
    private long messages;
    private long next;

    /// <summary>What each legal cell has met.</summary>
    public Coverage Coverage { get; } = new();

    /// <summary>Schedules in which an invariant did not hold.</summary>
    public long Violated => violated;

    /// <summary>The first schedule in which one did not; null: none.</summary>
    public ulong? FirstViolated { get; private set; }

    public long Done { get; private set; }

    public long Messages => messages;

    /// <summary>The first failing schedules, as text that replays and explains them.</summary>
    public IReadOnlyList<string> Failures => failures;

    public static SimulationRun Of(ulong first, long count, int threads, bool untilViolated = false, Action<SimulationRun>? progress = null)
    {
        var run = new SimulationRun();
        var workers = Enumerable.Range(0, threads).Select(_ => new Thread(() => run.Work(first, count, untilViolated, progress), 4 << 20)).ToList();
        foreach (var worker in workers) worker.Start();
        foreach (var worker in workers) worker.Join();
        return run;
    }

    private void Work(ulong first, long count, bool untilViolated, Action<SimulationRun>? progress)
    {
        while (Interlocked.Increment(ref next) - 1 is var index && index < count)
        {
            if (untilViolated && Interlocked.Read(ref violated) > 0) return;
            var seed = first + (ulong)index;
            var schedule = new Schedule(seed, CellPlan.Of);
            schedule.Run();
            lock (gate)
            {
                Done++;
                messages += schedule.Plan.Messages.Count;
                Coverage.Add(Cell.Of(seed), schedule.History);
                if (schedule.History.IsViolated) Fail(schedule);
                progress?.Invoke(this);
            }
        }
    }

    private void Fail(Schedule schedule)
    {
        violated++;
        if (FirstViolated is null || schedule.Seed < FirstViolated) FirstViolated = schedule.Seed;
        if (failures.Count < MostFailuresTold) failures.Add(Told(schedule));
    }

    public static string Told(Schedule schedule) => schedule.Told($"./build.sh simulate --seed {schedule.Seed}");
}
