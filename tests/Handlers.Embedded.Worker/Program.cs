using System.Globalization;
using Handlers.Embedded;
using Handlers.Embedded.Worker;
using Microsoft.Extensions.Logging.Abstractions;

// A process of its own for tests that kill one, and for measuring:
//   publish <folder> <topic> <first> <count> <file>   publishes numbers, and writes down durably which were acknowledged
//   consume <folder> <topic> <group> <file>           writes down durably what it handled, then commits; until it is killed
//   measure <folder> [messages] [bytes]               publish and read throughput
if (args is ["measure", ..]) return await Measure.RunAsync(args[1..]);
if (args.Length < 5)
{
    Console.Error.WriteLine("publish <folder> <topic> <first> <count> <file> | consume <folder> <topic> <group> <file> | measure <folder>");
    return 2;
}

var options = new EmbeddedOptions { Folder = args[1], LeaseTime = TimeSpan.FromSeconds(1), PollInterval = TimeSpan.FromMilliseconds(10) };
await using var transport = new EmbeddedTransport(options, TimeProvider.System, NullLogger.Instance);
if (args[0] == "publish") await Publishing.RunAsync(transport, args[2], Number(args[3]), Number(args[4]), args[5]);
else await Consuming.RunAsync(transport, args[2], args[3], args[4]);
return 0;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
