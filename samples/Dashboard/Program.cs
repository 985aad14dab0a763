using System.CommandLine;
using Dashboard;
using Handlers;
using Handlers.Dashboard;
using Handlers.Embedded;
using Microsoft.AspNetCore.Authentication;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using QuickStart;
using Spectre.Console;

var input = new Option<FileInfo>("--input") { Description = "An NDJSON file of GeoJSON features", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "earthquakes.ndjson")) }.AcceptExistingOnly();
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of the log", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "data")) };
var reset = new Option<bool>("--reset") { Description = "Start over: delete the log and all positions" };
var follow = new Option<bool>("--follow") { Description = "Keep running until Ctrl+C" };
var pace = new Option<int?>("--pace") { Description = "Append so many events a second, not all at once", HelpName = "N" };
pace.Validators.Add(given => { if (given.Tokens is [var n] && int.TryParse(n.Value, out var count) && count < 1) given.AddError("--pace takes a number from 1 up."); });
var urls = new Option<string>("--urls") { Description = "Where to listen; port 0 is any that is free", DefaultValueFactory = _ => "http://127.0.0.1:5080" };
var command = new RootCommand("Handles a week of earthquakes, as QuickStart does, and shows it at a page.") { input, data, reset, follow, pace, urls };
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
    using var ledger = new Ledger(source.Folder, crashAfter: 0);

    var builder = WebApplication.CreateSlimBuilder();
    builder.WebHost.UseUrls(options.GetRequiredValue(urls));
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None) // what ends it is said once, above
        .AddFilter("Handlers.HandlersService", LogLevel.Critical); // what cannot be drawn is at the page
    builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace); // the last line of the output is the summary's
    builder.Services.AddSingleton(ledger).AddSingleton<Board>();
    builder.Services.AddStreamHandlers().UseEmbedded(source.Folder).Configure(o => o.CompatibilityMetrics = true);
    builder.Services.AddAuthentication(Loopback.Name).AddScheme<AuthenticationSchemeOptions, Loopback>(Loopback.Name, null);
    builder.Services.AddAuthorizationBuilder().AddPolicy("here", policy => policy.RequireAuthenticatedUser());

    await using var app = builder.Build();
    app.MapStreamHandlers(o => (o.ControlPolicy, o.LetterPolicy) = ("here", "here"));
    var (status, board) = (app.Services.GetRequiredService<HandlersStatus>(), app.Services.GetRequiredService<Board>());
    var stopping = app.Lifetime.ApplicationStopping;

    AnsiConsole.Profile.Capabilities.Ansi &= !Console.IsOutputRedirected;
    await app.StartAsync();
    Console.WriteLine($"The page is at {app.Urls.First()}/handlers/, metrics at /metrics, health at /health/ready.");
    try
    {
        var publisher = app.Services.GetRequiredService<IPublisher>();
        await Board.ShowProgressAsync(source.Lines, ledger, status, async () =>
        {
            await source.AppendAsync(options.GetValue(pace) is { } aSecond ? new Paced(publisher, aSecond) : publisher, stopping);
            await status.WhenCaughtUpAsync(stopping);
            if (!options.GetValue(follow)) await source.WhenHandledAsync(ledger, status, stopping);
        });
        if (options.GetValue(follow))
        {
            Console.WriteLine("Caught up. Ctrl+C stops.");
            await Task.Delay(Timeout.Infinite, stopping);
        }
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
    }

    await app.StopAsync();
    var notes = source.Waiting() is > 0 and var waiting ? (string[])[$"{Board.Count(waiting, "message")} left in the log: another run handles them."] : [];
    return board.ShowSummary(status, ledger.Read(), source.Missing(ledger), notes);
}
