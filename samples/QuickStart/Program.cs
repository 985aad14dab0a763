using System.CommandLine;
using Handlers;
using Handlers.Embedded;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using QuickStart;
using Spectre.Console;

var input = new Option<FileInfo>("--input") { Description = "An NDJSON file of GeoJSON features", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "earthquakes.ndjson")) }.AcceptExistingOnly();
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of the log", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "data")) };
var reset = new Option<bool>("--reset") { Description = "Start over: delete the log and all positions" };
var follow = new Option<bool>("--follow") { Description = "Keep running until Ctrl+C" };
var crashAfter = new Option<int>("--crash-after") { Description = "Kill this process, hard, after so many messages", HelpName = "N" };
crashAfter.Validators.Add(given => { if (given.Tokens is [var n] && int.TryParse(n.Value, out var count) && count < 1) given.AddError("--crash-after takes a number from 1 up."); });
var command = new RootCommand("Appends a week of earthquakes to an embedded log and handles them.") { input, data, reset, follow, crashAfter };
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
    using var source = Source.Open(options.GetRequiredValue(input), options.GetRequiredValue(data), options.GetValue(reset));
    if (source.Appends) source.CheckInput();
    using var ledger = new Ledger(source.Folder, options.GetValue(crashAfter));

    var builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // what ends it is said once, above
    builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace); // the last line of the output is the summary's
    builder.Services.AddSingleton(ledger).AddSingleton<Board>();
    builder.Services.AddStreamHandlers().UseEmbedded(source.Folder);
    using var host = builder.Build();
    var (status, board) = (host.Services.GetRequiredService<HandlersStatus>(), host.Services.GetRequiredService<Board>());
    var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    AnsiConsole.Profile.Capabilities.Ansi &= !Console.IsOutputRedirected;
    await host.StartAsync();
    try
    {
        ShowStart();
        await Board.ShowProgressAsync(source.Lines, ledger, status, async () =>
        {
            await source.AppendAsync(host.Services.GetRequiredService<IPublisher>(), stopping);
            await status.WhenCaughtUpAsync(stopping);
            if (!options.GetValue(follow)) await source.WhenHandledAsync(ledger, status, stopping);
        });
        if (!options.GetValue(follow)) return await StopAsync();
        Console.WriteLine("Caught up. Waiting for more events; Ctrl+C stops.");
        await Task.Delay(Timeout.Infinite, stopping);
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
    }

    return await StopAsync();

    async Task<int> StopAsync()
    {
        await host.StopAsync();
        var lost = source.Missing(ledger);
        return board.ShowSummary(status, ledger.Read(), lost, Notes(lost, source.Waiting()));
    }

    void ShowStart()
    {
        if (!source.Appends) Console.WriteLine("Another run appends to this log. This one joins it, and appends nothing.");
        else if (source.Lines == 0) Console.WriteLine("The input is empty.");
        if (ledger.Events is > 0 and var before)
            Console.WriteLine($"Continuing: {source.Appended()} of {source.Lines} lines appended, {before} events handled already.");
    }

    IEnumerable<string> Notes(int lost, long waiting)
    {
        if (Board.Tally(status).Received == 0 && lost == 0 && waiting == 0 && source.Lines > 0) yield return "Nothing was left to do: all of it is handled. --reset starts over.";
        if (ledger.Repeated(source.AppendedIds()) is > 0 and var repeated)
            yield return $"{repeated} of them for the second time: the earlier run was killed before it could commit.";
        if (waiting > 0) yield return $"{Board.Count(waiting, "message")} left in the log: another run handles them.";
    }
}
