using System.Globalization;

namespace Handlers.Crash;

/// <summary>Every transport, every cell: kills, evidence, verdict, a line of figures.</summary>
internal static class Proof
{
    public static async Task<int> RunAsync(string? transport, int kills, int seed, string? cell)
    {
        var names = ICrashTransport.Names.Where(n => transport is null || n == transport).ToList();
        // Before the first kill: who asks for all must not learn it when half of an hour is over.
        if (names.FirstOrDefault(n => ICrashTransport.Missing(n) is not null) is { } lacking)
        {
            await Console.Error.WriteLineAsync($"{lacking} cannot be run here. {ICrashTransport.Missing(lacking)}. Or name another one: {string.Join(", ", ICrashTransport.Names.Where(n => ICrashTransport.Missing(n) is null))}.");
            return 2;
        }

        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"seed {seed}, {kills} kills for each transport and cell"));
        var all = new List<Figures>();
        foreach (var name in names)
            foreach (var each in Cell.All.Where(c => cell is null || string.Equals(c.Name, cell, StringComparison.OrdinalIgnoreCase)))
            {
                if (ICrashTransport.CannotShow(name, each) is { } why) Console.WriteLine($"{name} {each.Name}: left out, {why}");
                else all.Add(await CellAsync(name, each, kills, seed));
            }

        var broken = all.Sum(f => f.Broken.Count);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{all.Sum(f => f.Kills)} kills, lost {all.Sum(f => f.LostBeyond)}, handled twice {all.Sum(f => f.TwiceBeyond)}, beyond what is promised; broken promises {broken}"));
        return broken == 0 && all.Count > 0 ? 0 : 1;
    }

    private static async Task<Figures> CellAsync(string name, Cell cell, int kills, int seed)
    {
        var began = TimeProvider.System.GetTimestamp();
        var folder = Directory.CreateTempSubdirectory("handlers-crash-").FullName;
        Figures figures;
        await using (var transport = await ICrashTransport.StartAsync(name, folder))
        using (var run = new CellRun(transport, cell, folder, seed))
        {
            IReadOnlyList<Kill> done = [];
            try
            {
                var evidence = await run.RunAsync(kills);
                done = evidence.Kills;
                figures = Verdict.On(cell, evidence);
            }
            catch (CrashException e)
            {
                figures = Verdict.Without(cell, e.Message);
            }

            Console.WriteLine(figures.Text(transport, done, run.Restarts, TimeProvider.System.GetElapsedTime(began)));
        }

        foreach (var broken in figures.Broken.Take(20)) Console.WriteLine($"  broken: {broken}");
        if (figures is { Broken.Count: > 0, LostByTheLiving.Count: > 0 }) Console.WriteLine($"  is the machine too busy for this proof? {string.Join("; ", figures.LostByTheLiving)}");
        if (figures.Broken.Count == 0) Directory.Delete(folder, recursive: true);
        else Console.WriteLine($"  kept: {folder}");
        return figures;
    }
}
