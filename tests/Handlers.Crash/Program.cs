using System.Globalization;
using Handlers.Crash;

// The crash proof, and the program that it kills:
//   run [TRANSPORT] [KILLS] [SEED] [CELL]        kills workers with SIGKILL, for each cell of the table of delivery; 1 where a promise is broken
//   work <transport> <place> <ledger>            a program with handlers, as a user would write it; until it is killed or terminated
//   checkpoint <folder>                          writes checkpoints of Kinesis, one behind the other, and says which are written; until it is killed
switch (args)
{
    case ["work", var transport, var place, var ledger]:
        await Work.RunAsync(ICrashTransport.Of(transport, place), ledger);
        return Environment.ExitCode; // where a subscription ended by an error the host has set it
    case ["checkpoint", var folder]:
        await Checkpoints.WriteAsync(folder);
        return 0;
    case ["run", var transport, .. var rest] when ICrashTransport.Names.Contains(transport) && AreOptions(rest):
        return await RunAsync(transport, rest);
    case ["run", .. var rest] when AreOptions(rest):
        return await RunAsync(null, rest);
    default:
        Console.Error.WriteLine($"run [{string.Join('|', ICrashTransport.Names)}] [KILLS] [SEED] [{string.Join('|', Cell.All.Select(c => c.Name))}] | work <transport> <place> <ledger>");
        return 2;
}

static bool AreOptions(string[] rest) => rest.Length <= 3 && rest.Take(2).All(a => int.TryParse(a, NumberStyles.None, CultureInfo.InvariantCulture, out _));

static Task<int> RunAsync(string? transport, string[] rest) => Proof.RunAsync(
    transport,
    kills: rest.Length > 0 ? int.Parse(rest[0], CultureInfo.InvariantCulture) : 50,
    seed: rest.Length > 1 ? int.Parse(rest[1], CultureInfo.InvariantCulture) : Random.Shared.Next(1_000_000),
    cell: rest.Length > 2 ? rest[2] : null);
