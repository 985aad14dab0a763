using System.Diagnostics;
using System.Globalization;
using Handlers.Simulation;
using Handlers.Testing;

// simulate [N] [--seed S] [--until-violated]: N schedules from seed 1 on, or the one of a seed, told in full.
var count = 100_000L;
ulong? seed = null;
var untilViolated = false;
for (var i = 0; i < args.Length; i++)
{
    if (args[i] == "--until-violated") untilViolated = true;
    else if (args[i] == "--seed" && i + 1 < args.Length && ulong.TryParse(args[i + 1], CultureInfo.InvariantCulture, out var s)) (seed, i) = (s, i + 1);
    else if (long.TryParse(args[i], CultureInfo.InvariantCulture, out var n) && n > 0) count = n;
    else
    {
        Console.Error.WriteLine($"simulate: '{args[i]}' means nothing. simulate [N] [--seed S] [--until-violated]");
        return 2;
    }
}

if (seed is { } one)
{
    var schedule = new Schedule(one, CellPlan.Of);
    schedule.Run();
    Console.WriteLine(SimulationRun.Told(schedule));
    Console.WriteLine($"1 schedules {(schedule.History.IsViolated ? 1 : 0)} violations");
    return schedule.History.IsViolated ? 1 : 0;
}

var began = Stopwatch.GetTimestamp();
var told = began;
var run = SimulationRun.Of(1, count, Environment.ProcessorCount, untilViolated, progress: r =>
{
    if (Stopwatch.GetElapsedTime(told) < TimeSpan.FromSeconds(2)) return;
    told = Stopwatch.GetTimestamp();
    Console.Error.WriteLine($"{r.Done:N0} of {count:N0} schedules, {r.Violated} with violations{(r.FirstViolated is { } first ? $" (seed {first})" : "")}, {r.Done / Stopwatch.GetElapsedTime(began).TotalSeconds:N0} a second");
});

foreach (var failure in run.Failures) Console.WriteLine(failure + Environment.NewLine);
if (untilViolated)
{
    Console.WriteLine(run.FirstViolated is { } caught ? $"caught at schedule {caught}" : "not caught");
    return run.Violated > 0 ? 1 : 0;
}

var unobserved = Unobserved.In(first: 1, (int)Math.Clamp(count / 50, 50, 1_000));
foreach (var exception in unobserved.Take(5)) Console.WriteLine($"VIOLATED: no exception unobserved: {exception}");

Console.WriteLine(run.Coverage);
var complete = run.Coverage.IsComplete || count < 2_000;
if (!complete) Console.WriteLine("An entry of the table is empty: a cell has not met every kind of lane end.");
var violations = run.Violated + unobserved.Count;
Console.WriteLine($"{run.Done} schedules {violations} violations");
return violations == 0 && complete ? 0 : 1;
