using System.Collections.Concurrent;
using System.Globalization;
using Handlers.Transport.Contract;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis.Tests;

/// <summary>What a test's host is like.</summary>
internal sealed class KinesisApplicationSetup
{
    /// <summary>Checkpoints on disk instead of leases.</summary>
    public bool Disk { get; init; }

    /// <summary>Of the leases. Where none is to be lost, it is long: a test's machine may stand still for a second or two.</summary>
    public TimeSpan LeaseTime { get; init; } = TimeSpan.FromSeconds(15);

    public Action<KinesisOptions> Options { get; init; } = static _ => { };

    public Func<HandlerSettings, HandlerSettings> Settings { get; init; } = static s => s;

    public Action<HandlersOptions> Runtime { get; init; } = static _ => { };

    /// <summary>Called before a number counts as handled.</summary>
    public Func<int, MessageContext, Task> Handle { get; init; } = static (_, _) => Task.CompletedTask;
}

/// <summary>A whole host that handles the numbers of a world's stream.</summary>
internal sealed class KinesisApplication : IAsyncDisposable
{
    private readonly ConcurrentQueue<(int Number, string Shard)> handled = new();
    private readonly IHost host;
    private bool stopped;

    public KinesisApplication(KinesisWorld world, KinesisApplicationSetup setup)
    {
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "group" });
        builder.Logging.SetMinimumLevel(LogLevel.Debug).AddProvider(new Provider(Log));
        builder.Services.AddHostInTest();
        builder.Services.AddHealthChecks().AddStreamHandlers();
        HandlersBuilder.For(builder.Services).UseKinesis(options =>
        {
            var wanted = world.Options(setup.Disk, setup.LeaseTime);
            (options.Endpoint, options.Region, options.AccessKey, options.SecretKey) = (wanted.Endpoint, wanted.Region, wanted.AccessKey, wanted.SecretKey);
            (options.Start, options.CheckpointFolder, options.Leases) = (wanted.Start, wanted.CheckpointFolder, wanted.Leases);
            (options.FetchInterval, options.ShardInterval, options.Retry) = (wanted.FetchInterval, wanted.ShardInterval, wanted.Retry);
            setup.Options(options);
        }).Configure(options =>
        {
            options.CommitInterval = TimeSpan.FromMilliseconds(50);
            setup.Runtime(options);
        }).Add(new HandlerRegistration<string>
        {
            Name = "Numbers",
            Declared = setup.Settings(new HandlerSettings { Topic = world.Stream, Group = "group" }),
            PayloadType = "string",
            Reads = MessageParts.All,
            Unpack = Payload.Text,
            Dispatch = (string body, in HandlerCall call) => new ValueTask(HandleAsync(int.Parse(body, CultureInfo.InvariantCulture), call.Context)),
        });
        host = builder.Build();

        async Task HandleAsync(int number, MessageContext context)
        {
            await setup.Handle(number, context);
            handled.Enqueue((number, context.Lane.Partition));
        }
    }

    public ReadLogged Log { get; } = new();

    /// <summary>In the order in which they were handled, with what came again.</summary>
    public IReadOnlyList<(int Number, string Shard)> Handled => [.. handled];

    public IEnumerable<int> Numbers => Handled.Select(static h => h.Number);

    public HandlerStatus Status => Handlers.Handlers.Single();

    public IReadOnlyList<Exception> Failures => Handlers.Failures;

    public IPublisher Publisher => host.Services.GetRequiredService<IPublisher>();

    private HandlersStatus Handlers => host.Services.GetRequiredService<HandlersStatus>();

    public Task StartAsync() => host.StartAsync(TestContext.Current.CancellationToken);

    /// <summary>Stops it, as a signal would.</summary>
    public async Task StopAsync()
    {
        stopped = true;
        await host.StopAsync(CancellationToken.None);
    }

    /// <summary>Completes when the host has stopped by itself.</summary>
    public Task StoppedAsync() => host.WaitForShutdownAsync(TestContext.Current.CancellationToken);

    public async Task<HealthReport> HealthAsync() => await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync();

    /// <summary>Waits until so many different numbers are handled.</summary>
    public Task HandledAsync(int count) => KinesisWorld.UntilAsync(
        () => Numbers.Distinct().Count() >= count || Failures.Count > 0 ? Failures.Count == 0 ? true : throw new InvalidOperationException("The subscription has ended.", Failures[0]) : false,
        () => $"{Numbers.Distinct().Count()} of {count} numbers are handled\n{Log.All}");

    /// <summary>Waits for a line of the log.</summary>
    public Task LoggedAsync(int id, int count = 1) => KinesisWorld.UntilAsync(() => Log.Count(id) >= count, () => $"event {id}\n{Log.All}");

    /// <summary>Nothing has ended it, and health is green.</summary>
    public async Task IsWellAsync()
    {
        Assert.Empty(Failures);
        var health = await HealthAsync();
        Assert.True(health.Status == HealthStatus.Healthy, string.Join(' ', health.Entries.Select(static e => e.Value.Description)));
    }

    public async ValueTask DisposeAsync()
    {
        if (!stopped) await StopAsync();
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private sealed class Provider(ILogger log) : ILoggerProvider
    {
        public ILogger CreateLogger(string categoryName) => log;

        public void Dispose()
        {
        }
    }
}
