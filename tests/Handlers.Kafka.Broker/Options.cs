using System.Globalization;

namespace Handlers.Kafka.Broker;

/// <summary>What the command line says.</summary>
/// <param name="Brokers">How many there are, numbered from 1.</param>
/// <param name="JoinDelay">Milliseconds that the first join of a group waits for other members. A group that has members waits for nobody.</param>
/// <param name="Heartbeat">Milliseconds between heartbeats in groups of the protocol `consumer` (KIP-848); their assignments travel in them.</param>
/// <param name="Verbose">librdkafka tells on stderr what the cluster does.</param>
internal sealed record Options(int Brokers, int JoinDelay, int Heartbeat, bool Verbose)
{
    public const string Usage = """
        Handlers.Kafka.Broker [--brokers N (1)] [--join-delay MS (100)] [--heartbeat MS (100)] [--verbose]

        Speaks the Kafka protocol on free ports of 127.0.0.1, with everything in memory. Prints `bootstrap HOST:PORT,...`, then obeys
        lines on stdin until `quit` or their end, and answers each with `ok`, `ok VALUE` or `error TEXT`.
        Topics that a client asks for are made with 4 partitions, which the library does not let us change; `topic` makes others.
        A partition keeps 5 MiB or 100,000 batches.

        """ + Commands.Usage;

    /// <exception cref="FormatException">An argument is unknown or its value is none.</exception>
    public static Options Parse(string[] args)
    {
        var options = new Options(Brokers: 1, JoinDelay: 100, Heartbeat: 100, Verbose: false);
        for (var i = 0; i < args.Length; i++)
        {
            options = args[i] switch
            {
                "--verbose" => options with { Verbose = true },
                "--brokers" => options with { Brokers = Value(1) },
                "--join-delay" => options with { JoinDelay = Value(0) },
                "--heartbeat" => options with { Heartbeat = Value(1) },
                _ => throw new FormatException($"There is no option '{args[i]}'. --help lists them."),
            };

            int Value(int least)
            {
                var name = args[i];
                return ++i < args.Length && int.TryParse(args[i], NumberStyles.None, CultureInfo.InvariantCulture, out var value) && value >= least
                    ? value
                    : throw new FormatException($"{name} takes a number of at least {least}.");
            }
        }

        return options;
    }
}
