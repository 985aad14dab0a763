using Handlers.Kafka.Broker;

// A process that speaks the Kafka protocol, for tests: see Options.Usage. It ends with its input, so it never outlives who started it.
if (args.Contains("--help"))
{
    Console.WriteLine(Options.Usage);
    return 0;
}

try
{
    using var cluster = new MockCluster(Options.Parse(args));
    Console.WriteLine($"bootstrap {cluster.Bootstrap}");
    var commands = new Commands(cluster);
    while (Console.In.ReadLine() is { } line && line.Trim() != "quit") Console.WriteLine(commands.Obey(line));
    return 0;
}
catch (Exception e) when (e is FormatException or InvalidOperationException or DllNotFoundException)
{
    Console.Error.WriteLine(e.Message);
    return 2;
}
