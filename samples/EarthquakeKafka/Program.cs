using System.CommandLine;
using System.Text;
using System.Text.Json;
using Handlers;
using Handlers.Kafka;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using QuickStart;
using Spectre.Console;

var servers = new Option<string>("--servers")
{
    Description = "The brokers to ask first, HOST:PORT,... Default: KAFKA_BOOTSTRAP_SERVERS, or localhost:9092",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KAFKA_BOOTSTRAP_SERVERS") ?? "localhost:9092",
};
var input = new Option<FileInfo>("--input") { Description = "An NDJSON file of GeoJSON features", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "earthquakes.ndjson")) }.AcceptExistingOnly();
var data = new Option<DirectoryInfo>("--data") { Description = "The folder for what the handlers write down", DefaultValueFactory = _ => Directory.CreateTempSubdirectory("earthquakes-") };
var handleOnly = new Option<bool>("--handle-only") { Description = "Publish nothing, and handle what comes until Ctrl+C: one more process beside others" };
var set = new Option<string[]>("--set") { Description = "A setting of librdkafka for the consumers, NAME=VALUE. May be given several times" };
set.Validators.Add(given =>
{
    foreach (var word in given.Tokens.Select(t => t.Value).Where(w => w.IndexOf('=', StringComparison.Ordinal) < 1)) given.AddError($"--set {word} is not NAME=VALUE.");
});
var command = new RootCommand("Publishes a week of earthquakes to Kafka and handles them.") { servers, input, data, handleOnly, set };
command.SetAction(async parsed =>
{
    try
    {
        return await RunAsync(parsed);
    }
    catch (Exception e) when (e is IOException or UnauthorizedAccessException or TransportException or HandlersConfigurationException)
    {
        Console.Error.WriteLine(e.Message); // expected errors: each says what is wrong, and where
        return 1;
    }
});
return await command.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null }); // the host listens to signals

async Task<int> RunAsync(ParseResult options)
{
    var lines = options.GetValue(handleOnly) ? [] : File.ReadAllLines(options.GetRequiredValue(input).FullName);
    var folder = options.GetRequiredValue(data);
    folder.Create();
    using var ledger = new Ledger(folder.FullName, crashAfter: 0);

    var builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // what ends it is said once, above
    builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace); // the last line of the output is the summary's
    builder.Services.AddSingleton(ledger).AddSingleton<Board>();
    builder.Services.AddStreamHandlers().UseKafka(kafka =>
    {
        kafka.Servers = options.GetRequiredValue(servers);
        kafka.Start = StartFrom.Earliest; // what is published before a group has its lanes counts too
        kafka.CreateTopics = new KafkaTopicDefaults();
        foreach (var setting in options.GetValue(set) ?? []) kafka.ConsumerSettings[setting[..setting.IndexOf('=', StringComparison.Ordinal)]] = setting[(setting.IndexOf('=', StringComparison.Ordinal) + 1)..];
    });
    using var host = builder.Build();
    var (status, board) = (host.Services.GetRequiredService<HandlersStatus>(), host.Services.GetRequiredService<Board>());
    var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    AnsiConsole.Profile.Capabilities.Ansi &= !Console.IsOutputRedirected;
    var events = lines.Select(Read).ToList();
    await host.StartAsync();
    if (options.GetValue(handleOnly)) Console.WriteLine("Handling what comes until Ctrl+C.");
    try
    {
        await Board.ShowProgressAsync(lines.Length, ledger, status, async () =>
        {
            await host.Services.GetRequiredService<IPublisher>().PublishAsync([.. lines.Zip(events, (line, e) => new OutgoingMessage
            {
                Topic = "earthquakes",
                Key = OutgoingMessage.Utf8(e?.Properties.Net),
                Body = Encoding.UTF8.GetBytes(line),
            })], stopping);
            if (options.GetValue(handleOnly)) await Task.Delay(Timeout.Infinite, stopping);
            await status.WhenCaughtUpAsync(stopping);
        });
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
    }

    await host.StopAsync();
    var handled = ledger.Read();
    return board.ShowSummary(status, handled, events.Count(e => e is not null && !handled.ContainsKey(e.Id)), []);
}

// Null: a malformed line, which is published as it is and counted as invalid.
static Earthquake? Read(string line)
{
    try
    {
        return JsonSerializer.Deserialize(line, AppJson.Default.Earthquake);
    }
    catch (JsonException)
    {
        return null;
    }
}
