using System.Collections.Concurrent;
using System.Globalization;
using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis.Peers;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// A stream at kinesalite and hosts that read it, made as applications make them: options or configuration, and a registration as generated code has it. What they
/// logged, at every level and with exceptions, is looked through for secrets at the end.
/// </summary>
internal sealed class KinesisHosts : ILoggerProvider, ILogger, IAsyncDisposable
{
    public const string Group = "search";
    public const string AccessKey = "AKIDOFHOSTTESTS";
    public const string SecretKey = "the-secret-of-host-tests";

    private readonly ConcurrentQueue<(int Id, LogLevel Level, string Text)> logs = new();
    private readonly List<IHost> hosts = [];
    private AmazonKinesisClient? client;

    /// <summary>Bodies, with where they stood.</summary>
    public ConcurrentQueue<(string Body, string Shard, Position Position)> Handled { get; } = new();

    public string Stream { get; } = $"host-{Guid.NewGuid():N}";

    public string Folder { get; } = Directory.CreateTempSubdirectory("host-").FullName;

    public string Endpoint { get; private set; } = "";

    /// <summary>What is done with a message before it is written down.</summary>
    public Func<string, MessageContext, ValueTask> Handle { get; set; } = static (_, _) => default;

    public AmazonKinesisClient Client => client!;

    private static CancellationToken Stop => TestContext.Current.CancellationToken;

    /// <param name="shards">0: the stream is not made.</param>
    public static async Task<KinesisHosts> BeginAsync(int shards = 1)
    {
        var hosts = new KinesisHosts { Endpoint = await Servers.KinesaliteAsync() };
        hosts.client = new(AccessKey, SecretKey, new AmazonKinesisConfig { ServiceURL = hosts.Endpoint, AuthenticationRegion = Emulator.Region });
        if (shards > 0) await hosts.Client.CreateStreamAsync(new CreateStreamRequest { StreamName = hosts.Stream, ShardCount = shards }, Stop);
        if (shards > 0) await hosts.ActiveAsync();
        return hosts;
    }

    public Task ActiveAsync() => UntilAsync(
        async () => (await Client.DescribeStreamSummaryAsync(new DescribeStreamSummaryRequest { StreamName = Stream }, Stop)).StreamDescriptionSummary.StreamStatus == StreamStatus.ACTIVE, "the stream is active");

    /// <summary>A host with the options of a test over those that every one needs; it is started.</summary>
    public async Task<IHost> StartAsync(Action<KinesisOptions> configure, Action<IHostApplicationBuilder>? more = null, string? topic = null)
    {
        var host = Build(configure, more, topic);
        await host.StartAsync(Stop);
        return host;
    }

    /// <summary>The same, which is not started.</summary>
    public IHost Build(Action<KinesisOptions> configure, Action<IHostApplicationBuilder>? more = null, string? topic = null) => Build(
        builder => HandlersBuilder.For(builder.Services).UseKinesis(options =>
        {
            (options.Endpoint, options.Region, options.AccessKey, options.SecretKey) = (Endpoint, Emulator.Region, AccessKey, SecretKey);
            (options.Start, options.FetchInterval) = (StartFrom.Earliest, TimeSpan.FromMilliseconds(20));
            configure(options);
        }), more, topic);

    /// <summary>A host that takes all from configuration.</summary>
    public Task<IHost> StartAsync(IEnumerable<KeyValuePair<string, string?>> configuration, string? topic = null) => StartAsync(
        builder =>
        {
            builder.Configuration.AddInMemoryCollection(configuration);
            HandlersBuilder.For(builder.Services).UseKinesis((IConfiguration)builder.Configuration);
        }, null, topic);

    /// <summary>Puts a record. Where it stands is its shard and sequence number.</summary>
    /// <param name="body">Its body.</param>
    /// <param name="hashKey">What says to which shard; null: its key, which is the body.</param>
    public async Task<PutRecordResponse> PutAsync(string body, string? hashKey = null) => await Client.PutRecordAsync(
        new PutRecordRequest { StreamName = Stream, PartitionKey = body, ExplicitHashKey = hashKey, Data = new MemoryStream(System.Text.Encoding.UTF8.GetBytes(body)) }, Stop);

    /// <summary>By their hash keys.</summary>
    public async Task<List<Amazon.Kinesis.Model.Shard>> ShardsAsync() =>
        [.. (await Client.ListShardsAsync(new ListShardsRequest { StreamName = Stream }, Stop)).Shards.OrderBy(static s => UInt128.Parse(s.HashKeyRange.StartingHashKey, CultureInfo.InvariantCulture))];

    public IEnumerable<string> Bodies(string? shard = null) => Handled.Where(h => shard is null || h.Shard == shard).Select(static h => h.Body);

    public Task HandledAsync(int count) => UntilAsync(() => Handled.Count >= count, $"{count} messages are handled");

    public IEnumerable<(LogLevel Level, string Text)> Logged(int id) => logs.Where(l => l.Id == id).Select(static l => (l.Level, l.Text));

    public Task UntilAsync(Func<bool> holds, string what) => UntilAsync(() => Task.FromResult(holds()), what);

    public async Task UntilAsync(Func<Task<bool>> holds, string what)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!await holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(60))
                throw new TimeoutException($"It did not come that {what}. Handled: {string.Join(' ', Bodies())}. {string.Join('\n', logs.Select(static l => l.Text))}");
            await Task.Delay(10, Stop);
        }
    }

    /// <summary>Ends in order, as on a signal.</summary>
    public static async Task StopAsync(IHost host)
    {
        await host.StopAsync(Stop);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var host in hosts)
        {
            await host.StopAsync(CancellationToken.None);
            await ((IAsyncDisposable)host).DisposeAsync();
        }

        if (client is not null)
        {
            if ((await client.ListStreamsAsync(new ListStreamsRequest { Limit = 10_000 }, CancellationToken.None)).StreamNames.Contains(Stream))
                await client.DeleteStreamAsync(new DeleteStreamRequest { StreamName = Stream }, CancellationToken.None);
            client.Dispose();
        }

        Directory.Delete(Folder, recursive: true);
        Assert.DoesNotContain(logs, static l => l.Text.Contains(AccessKey, StringComparison.OrdinalIgnoreCase) || l.Text.Contains(SecretKey, StringComparison.OrdinalIgnoreCase));
    }

    public ILogger CreateLogger(string categoryName) => this;

    public void Dispose()
    {
    }

    public IDisposable? BeginScope<TState>(TState state) where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        var text = $"{formatter(state, exception)} {exception}";
        logs.Enqueue((eventId.Id, logLevel, text));
        TestContext.Current.SendDiagnosticMessage($"{TimeProvider.System.GetUtcNow():mm:ss.fff} {logLevel} {text}");
    }

    private async Task<IHost> StartAsync(Action<IHostApplicationBuilder> use, Action<IHostApplicationBuilder>? more, string? topic)
    {
        var host = Build(use, more, topic);
        await host.StartAsync(Stop);
        return host;
    }

    private IHost Build(Action<IHostApplicationBuilder> use, Action<IHostApplicationBuilder>? more, string? topic)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = Group });
        builder.Logging.SetMinimumLevel(LogLevel.Trace).AddProvider(this);
        builder.Services.AddSingleton(static s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        use(builder);
        more?.Invoke(builder);
        HandlersBuilder.For(builder.Services).Add(new HandlerRegistration<string>
        {
            Name = "Search.OnPaper",
            Declared = new HandlerSettings { Topic = topic ?? Stream, Group = Group },
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string body, in HandlerCall call) => HandleAsync(body, call.Context),
        });
        var host = builder.Build();
        hosts.Add(host);
        return host;
    }

    private async ValueTask HandleAsync(string body, MessageContext context)
    {
        await Handle(body, context);
        Handled.Enqueue((body, context.Lane.Partition, context.Position));
    }
}
