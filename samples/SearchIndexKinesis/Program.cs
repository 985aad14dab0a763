using System.CommandLine;
using System.Text;
using System.Text.Json;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers;
using Handlers.Kinesis;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;
using SearchIndexKinesis;
using Spectre.Console;

const int Shards = 4;
const int Shown = 5;

var endpoint = new Option<string>("--endpoint")
{
    Description = "Where Kinesis answers. Default: KINESIS_ENDPOINT, or http://127.0.0.1:4567",
    DefaultValueFactory = _ => Environment.GetEnvironmentVariable("KINESIS_ENDPOINT") ?? "http://127.0.0.1:4567",
};
var input = new Option<FileInfo>("--input") { Description = "An NDJSON file of reports", DefaultValueFactory = _ => new(Path.Combine(AppContext.BaseDirectory, "wildlife-strikes.ndjson")) }.AcceptExistingOnly();
var data = new Option<DirectoryInfo>("--data") { Description = "The folder of the index and the checkpoints", DefaultValueFactory = _ => Directory.CreateTempSubdirectory("search-index-") };
var search = new Option<string?>("--search") { Description = "What to look for when all is handled: \"turkey vulture\"" };
var reshard = new Option<bool>("--reshard") { Description = "Split a shard of the stream while it is read" };
var command = new RootCommand("Publishes reports of struck wildlife to a Kinesis stream, keeps a search index of them, and asks it.") { endpoint, input, data, search, reshard };
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
    var lines = File.ReadAllLines(options.GetRequiredValue(input).FullName);
    // A run has a folder of its own: the stream may be another one than that of the run before.
    var folder = Directory.CreateDirectory(Path.Combine(options.GetRequiredValue(data).FullName, Guid.NewGuid().ToString("N")[..8])).FullName;
    using var index = new SearchIndex(folder);

    var builder = Host.CreateApplicationBuilder();
    builder.Logging.SetMinimumLevel(LogLevel.Warning).AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.None); // what ends it is said once, above
    builder.Services.Configure<ConsoleLoggerOptions>(o => o.LogToStandardErrorThreshold = LogLevel.Trace); // the last line of the output is the summary's
    builder.Services.AddSingleton(index);
    builder.Services.AddStreamHandlers().UseKinesis(kinesis =>
    {
        kinesis.Endpoint = options.GetRequiredValue(endpoint);
        kinesis.Region = "us-east-1";
        (kinesis.AccessKey, kinesis.SecretKey) = ("sample", "sample"); // an emulator takes any; leave them out for Kinesis itself, and the SDK finds its own
        kinesis.Start = StartFrom.Earliest; // what is published before a group has its lanes counts too
        kinesis.CreateStreams = Shards;
        kinesis.CheckpointFolder = folder;
        kinesis.FetchInterval = TimeSpan.FromMilliseconds(20); // an emulator takes more than the service's five fetches a second
    });
    using var host = builder.Build();
    var status = host.Services.GetRequiredService<HandlersStatus>();
    var stopping = host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;
    var publisher = host.Services.GetRequiredService<IPublisher>();
    HandlerCounts Counts() => status.Handlers[0].Counts;
    string? split = null; // what became of the shard

    AnsiConsole.Profile.Capabilities.Ansi &= !Console.IsOutputRedirected;
    await host.StartAsync();
    try
    {
        await AnsiConsole.Progress().StartAsync(async progress =>
        {
            var bar = progress.AddTask("Indexing reports", maxValue: Math.Max(1, lines.Length));
            var working = WorkAsync();
            while (await Task.WhenAny(working, Task.Delay(100)) != working) bar.Value = Counts().Handled + Counts().Invalid;
            await working;
            bar.Value = bar.MaxValue;
        });
    }
    catch (OperationCanceledException) when (stopping.IsCancellationRequested)
    {
    }

    await host.StopAsync();
    return ShowSummary();

    async Task WorkAsync()
    {
        var half = lines.Length / 2;
        await PublishAsync(lines[..half]);
        if (options.GetValue(reshard)) split = await SplitAsync(options.GetRequiredValue(endpoint), stopping);
        await PublishAsync(lines[half..]);
        await status.WhenCaughtUpAsync(stopping);
    }

    // Reports of one airport are in one shard, and in order.
    async Task PublishAsync(IEnumerable<string> some) => await publisher.PublishAsync([.. some.Select(line => new OutgoingMessage
    {
        Topic = Search.StreamName,
        Key = OutgoingMessage.Utf8(Read(line)?.Airport ?? "unknown"),
        Body = Encoding.UTF8.GetBytes(line),
    })], stopping);

    int ShowSummary()
    {
        if (options.GetValue(search) is { } words)
        {
            var (count, best) = index.Find(words, Shown);
            AnsiConsole.MarkupLineInterpolated($"[yellow]{count}[/] reports match '{words}'{(count > 0 ? ":" : ".")}");
            foreach (var (report, text) in best) AnsiConsole.MarkupLineInterpolated($"  {report,6}  {text}");
            if (count > best.Count) Console.WriteLine($"and {count - best.Count} more.");
        }

        if (split is not null) Console.WriteLine(split);
        foreach (var failure in status.Failures) AnsiConsole.MarkupLineInterpolated($"[red]{failure.Message}[/]");
        var indexed = index.Reports();
        var lost = lines.Select(Read).Count(strike => strike is not null && !indexed.Contains(strike.Report));
        var counts = Counts();
        Console.WriteLine($"read {counts.Received} handled {counts.Handled} invalid {counts.Invalid} failed {counts.Failed} lost {lost}");
        return lost == 0 && status.Failures.Count == 0 ? 0 : 1;
    }
}

// What an operator would do at the console of the service.
static async Task<string> SplitAsync(string endpoint, CancellationToken stop)
{
    using var client = new AmazonKinesisClient("sample", "sample", new AmazonKinesisConfig { ServiceURL = endpoint, AuthenticationRegion = "us-east-1" });
    var first = (await client.ListShardsAsync(new ListShardsRequest { StreamName = Search.StreamName }, stop)).Shards[0];
    var (from, to) = (UInt128.Parse(first.HashKeyRange.StartingHashKey), UInt128.Parse(first.HashKeyRange.EndingHashKey));
    await client.SplitShardAsync(new SplitShardRequest { StreamName = Search.StreamName, ShardToSplit = first.ShardId, NewStartingHashKey = $"{from + ((to - from) / 2)}" }, stop);
    while ((await client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = Search.StreamName }, stop)).StreamDescriptionSummary.StreamStatus != StreamStatus.ACTIVE)
        await Task.Delay(100, stop);
    List<string> children = [.. (await client.ListShardsAsync(new ListShardsRequest { StreamName = Search.StreamName }, stop)).Shards.Where(s => s.ParentShardId == first.ShardId).Select(s => s.ShardId)];
    return children.Count == 2 ? $"{first.ShardId} was split into {children[0]} and {children[1]}" : $"{first.ShardId} was not split";
}

// Null: a malformed line, which is published as it is and counted as invalid.
static Strike? Read(string line)
{
    try
    {
        return JsonSerializer.Deserialize(line, AppJson.Default.Strike);
    }
    catch (JsonException)
    {
        return null;
    }
}
