using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.FileProviders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Testing;

/// <summary>
/// A process that runs the core of production: its own services, its own transport, its own life. The generic host is left out, as it
/// escapes to the thread pool; what it calls is called here in its order.
/// </summary>
internal sealed class SimulatedProcess : IHostApplicationLifetime, IOutcomeListener
{
    private static readonly IConfiguration NoConfiguration = new ConfigurationBuilder().Build();

    private readonly History history;
    private readonly SimulatedBroker broker;
    private readonly Action<IServiceCollection, SimulatedProcess> configure;
    private ServiceProvider? services;
    private HandlersService? service;
    private readonly TaskCompletionSource hasStarted = new();
    private bool stopping;

    public SimulatedProcess(int number, SimulatedBroker broker, SimulationThread thread, Action<IServiceCollection, SimulatedProcess> configure)
    {
        Number = number;
        this.broker = broker;
        this.configure = configure;
        history = broker.History;
        Party = new SimulatedParty(thread);
        Network = new Network(broker, Party);
    }

    /// <summary>Its number in the schedule: each start is a process of its own.</summary>
    public int Number { get; }

    public SimulatedParty Party { get; }

    public Network Network { get; }

    public List<SimulatedSubscription> Subscriptions { get; } = [];

    public IServiceProvider Services => services ?? throw new InvalidOperationException("The process has not started.");

    /// <summary>Its handlers are started, and it was not told to stop.</summary>
    public bool IsRunning { get; private set; }

    /// <summary>It has stopped or crashed.</summary>
    public bool HasEnded { get; private set; }

    public CancellationToken ApplicationStarted => default;

    public CancellationToken ApplicationStopping => default;

    public CancellationToken ApplicationStopped => default;

    public void Start() => Party.Post(() => _ = RunAsync());

    /// <summary>Stops as a host does.</summary>
    public void Stop() => Party.Post(() => _ = StopAsync());

    /// <summary>Nothing of it goes on. The broker notices some time later.</summary>
    public void Crash()
    {
        if (HasEnded) return;
        history.Add(FactKind.Crashed, Number);
        foreach (var lane in Subscriptions.SelectMany(s => s.Lanes)) history.Add(FactKind.CrashedWith, Number, lane.Partition, lane.Id.Epoch);
        Party.Die();
        IsRunning = false;
        HasEnded = true;
        broker.Party.After(broker.Chance.Milliseconds(500, 6_000), () =>
        {
            foreach (var subscription in Subscriptions) subscription.Group.Leave(subscription);
        });
    }

    /// <summary>The schedule is over. Meters and sources are known to the real process, and would keep all of this one alive.</summary>
    public void Forget() => services?.GetRequiredService<Instruments>().Dispose();

    /// <summary>What came after lanes had ended, as the core has counted it.</summary>
    public void ReportLate()
    {
        if (!Party.IsDead) history.Add(FactKind.Late, Number, number: Services.GetRequiredService<HandlersStatus>().Handlers.Sum(h => h.Counts.Late));
    }

    /// <summary>A subscription has ended by an error.</summary>
    public void StopApplication()
    {
        history.Add(FactKind.SubscriptionFailed, Number, text: Services.GetRequiredService<HandlersStatus>().Failures[^1].Message);
        Stop();
    }

    public void OnOutcome(string handler, LaneId lane, Position position, Outcome outcome) => history.Add(
        FactKind.Outcome, Number, PartitionOf(lane), lane.Epoch, position.Number, (int)outcome.Kind, outcome.IsInvalid ? "invalid" : outcome.Exception?.GetType().Name);

    public SimulatedPartition PartitionOf(LaneId lane) => broker.Topic(lane.Topic).Partitions[int.Parse(lane.Partition, null)];

    private async Task RunAsync()
    {
        try
        {
            service = Build();
            history.Add(FactKind.Started, Number);
            await service.StartAsync(CancellationToken.None);
            await service.StartedAsync(CancellationToken.None);
            IsRunning = !stopping;
            hasStarted.TrySetResult();
        }
        catch (Exception e)
        {
            history.Violate("starts", $"process {Number} does not start: {e}");
        }
    }

    private async Task StopAsync()
    {
        if (stopping) return;
        stopping = true;
        IsRunning = false;
        await hasStarted.Task; // a host starts before it stops
        history.Add(FactKind.StopBegan, Number);
        var heldUp = Party.HeldUp;
        try
        {
            await service!.StoppingAsync(CancellationToken.None);
            await Services.GetRequiredService<HandlersRuntime>().DisposeAsync();
        }
        catch (Exception e)
        {
            history.Violate("no exception unobserved", $"the stop of process {Number} threw: {e}");
        }

        history.Add(FactKind.StopEnded, Number, number: (Party.HeldUp - heldUp).Ticks);
        HasEnded = true;
    }

    private double NextDouble() => broker.Chance.Below(1_000_000) / 1e6;

    private HandlersService Build()
    {
        var collection = new ServiceCollection();
        collection.AddSingleton<TimeProvider>(Party.Clock);
        collection.AddSingleton<IHostApplicationLifetime>(this);
        collection.AddSingleton<IOutcomeListener>(this);
        collection.AddSingleton<IHostEnvironment>(new Environment());
        collection.AddSingleton(NoConfiguration);
        collection.AddSingleton(typeof(ILogger<>), typeof(NullLogger<>));
        collection.AddSingleton<ILoggerFactory>(NullLoggerFactory.Instance);
        collection.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false, StartWork = SimulatedParty.StartAsync, Random = NextDouble });
        configure(collection, this);
        HandlersBuilder.For(collection).ReplaceTransports(_ => new SimulatedTransport(broker, this));
        services = collection.BuildServiceProvider();
        return services.GetServices<IHostedService>().OfType<HandlersService>().Single();
    }

    private sealed class Environment : IHostEnvironment
    {
        public string ApplicationName { get; set; } = "simulation";

        public string EnvironmentName { get; set; } = Environments.Production;

        public string ContentRootPath { get; set; } = "";

        public IFileProvider ContentRootFileProvider { get; set; } = new NullFileProvider();
    }
}
