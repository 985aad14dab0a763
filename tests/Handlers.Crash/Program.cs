using System.Globalization;
using Handlers.Crash;

// The crash proof, and the program that it kills:
//   run [KILLS] [SEED] [CELL]                    kills workers with SIGKILL, for each cell of the table of delivery; 1 where a promise is broken
//   work <transport> <place> <ledger>            a program with handlers, as a user would write it; until it is killed or terminated
switch (args)
{
    case ["work", var transport, var place, var ledger]:
        await Work.RunAsync(ICrashTransport.Of(transport, place), ledger);
        return 0;
    case ["run", .. var rest] when rest.Length <= 3 && rest.Take(2).All(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out _)):
        return await Proof.RunAsync(
            kills: rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 50,
            seed: rest.Length > 1 ? int.Parse(rest[1], CultureInfo.InvariantCulture) : Random.Shared.Next(1_000_000),
            cell: rest.Length > 2 ? rest[2] : null);
    default:
        Console.Error.WriteLine($"run [KILLS] [SEED] [{string.Join('|', Cell.All.Select(c => c.Name))}] | work <transport> <place> <ledger>");
        return 2;
}
