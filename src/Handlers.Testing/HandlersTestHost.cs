using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Testing;

/// <summary>
/// Runs an application's real handlers, through their generated code and the runtime of production, over a broker in memory and
/// a clock that stands still until it is advanced.
/// </summary>
/// <example>
/// <code>
/// await using var host = await HandlersTestHost.StartAsync(services => services.AddStreamHandlers());
/// await host.PublishAsync("earthquakes", """{"magnitude":5}""");
/// await host.WaitUntilHandledAsync();
/// Assert.All(host.Outcomes, o => Assert.Equal(OutcomeKind.Handled, o.Kind));
/// </code>
/// </example>
public sealed class HandlersTestHost : IAsyncDisposable
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(5);

    private readonly IHost host;
    private readonly InMemoryTransport transport;
    private readonly OutcomeRecorder recorder;

    private HandlersTestHost(IHost host, InMemoryBroker broker, InMemoryTransport transport, OutcomeRecorder recorder, FakeClock clock)
    {
        this.host = host;
        this.transport = transport;
        this.recorder = recorder;
        Broker = broker;
        Clock = clock;
    }

    /// <summary>The broker, to look at topics and to publish what is not a message of this host.</summary>
    public InMemoryBroker Broker { get; }

    /// <summary>The time that the runtime and every service with a <see cref="TimeProvider"/> sees.</summary>
    public FakeClock Clock { get; }

    /// <summary>The application's services.</summary>
    public IServiceProvider Services => host.Services;

    /// <summary>Counts and lanes.</summary>
    public HandlersStatus Status => host.Services.GetRequiredService<HandlersStatus>();

    /// <summary>Every outcome so far, in the order in which they came.</summary>
    public IReadOnlyList<HandlerOutcome> Outcomes => recorder.Outcomes;

    /// <summary>How long the waiting methods wait, in real time, before they throw a <see cref="TimeoutException"/>. Default 10 s.</summary>
    public TimeSpan Patience { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>Starts the host.</summary>
    /// <param name="configure">What the application registers: <c>services.AddStreamHandlers()</c> and its services. Transports that it adds are replaced.</param>
    /// <param name="configuration">Keys and values of configuration, <c>Handlers:*</c> among them.</param>
    /// <param name="partitions">How many lanes each topic has. Default 4.</param>
    /// <param name="logging">Where logs go. Default: nowhere.</param>
    /// <param name="transport">What stands before the broker, so that a test can let publishing or committing fail. Default: nothing.</param>
    /// <param name="stop">Cancels the start.</param>
    public static async Task<HandlersTestHost> StartAsync(
        Action<IServiceCollection> configure, IEnumerable<KeyValuePair<string, string?>>? configuration = null, int partitions = 4,
        Action<ILoggingBuilder>? logging = null, Func<ITransport, ITransport>? transport = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var clock = new FakeClock();
        var broker = new InMemoryBroker(clock) { Partitions = partitions };
        var recorder = new OutcomeRecorder();
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Configuration.AddInMemoryCollection(configuration ?? []);
        logging?.Invoke(builder.Logging);
        builder.Services.AddSingleton<TimeProvider>(clock);
        builder.Services.AddSingleton<IOutcomeListener>(recorder);
        builder.Services.AddSingleton<IHostLifetime, NoLifetime>();
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        configure(builder.Services);
        var inMemory = new InMemoryTransport(broker);
        HandlersBuilder.For(builder.Services).ReplaceTransports(_ => transport?.Invoke(inMemory) ?? inMemory);

        var host = builder.Build();
        try
        {
            await host.StartAsync(stop);
        }
        catch
        {
            await ((IAsyncDisposable)host).DisposeAsync();
            throw;
        }

        return new HandlersTestHost(host, broker, inMemory, recorder, clock);
    }

    /// <summary>Publishes text (JSON, mostly).</summary>
    public ValueTask PublishAsync(string topic, string? body, string? key = null, Headers? headers = null) => PublishAsync(new OutgoingMessage
    {
        Topic = topic,
        Body = OutgoingMessage.Utf8(body),
        Key = OutgoingMessage.Utf8(key),
        Headers = headers ?? Headers.Empty,
    });

    /// <summary>Publishes a payload by the metadata of the application's own context.</summary>
    public ValueTask PublishAsync<T>(string topic, T payload, JsonTypeInfo<T> typeInfo, string? key = null, Headers? headers = null) =>
        PublishAsync(topic, JsonSerializer.Serialize(payload, typeInfo), key, headers);

    /// <summary>
    /// Publishes bytes. Throws where no handler of the host reads the topic, which would be a test of nothing; what is for others goes
    /// through an <see cref="InMemoryTransport"/> over <see cref="Broker"/>.
    /// </summary>
    public ValueTask PublishAsync(OutgoingMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        var subscriptions = Services.GetRequiredService<HandlersRuntime>().Subscriptions;
        if (subscriptions.All(s => s.Of(message.Topic) is null))
            throw new InvalidOperationException($"No handler of this host reads topic '{message.Topic}'.{Closest.Hint(message.Topic, subscriptions.SelectMany(s => s.Topics).Select(t => t.Topic.Name))}");
        return transport.PublishAsync(message);
    }

    /// <summary>
    /// Waits until every message of every topic that a handler reads has a final outcome, messages that handlers published
    /// among them. Throws the error when one ended a subscription.
    /// </summary>
    public Task WaitUntilHandledAsync(CancellationToken stop = default) => UntilAsync(AreHandled, HowManyAreHandled, stop);

    /// <summary>
    /// Waits until all that is handled is committed, and lets time pass for it: 0.25 s between two looks, so that lists that are not full
    /// and pauses between attempts end too.
    /// </summary>
    public Task WaitUntilCommittedAsync(CancellationToken stop = default) => UntilAsync(
        () =>
        {
            var handled = AreHandled();
            if (handled && Topics.All(t => Committed(t.Group, t.Topic) >= Broker.Ends(t.Topic).Sum())) return true;
            Clock.Advance(TimeSpan.FromMilliseconds(250));
            return false;
        },
        () => AreHandled() ? string.Join("; ", Topics.Select(t => $"{t.Topic} of {t.Group}: {Committed(t.Group, t.Topic)} of {Broker.Ends(t.Topic).Sum()} committed")) : HowManyAreHandled(), stop);

    /// <summary>Waits until a condition of the test's own holds.</summary>
    public Task WaitUntilAsync(Func<bool> condition, CancellationToken stop = default) => UntilAsync(condition, () => "the condition does not hold", stop);

    /// <summary>
    /// Lets time pass until a condition holds: pauses between attempts, retry topics and time limits only end by it.
    /// </summary>
    /// <param name="condition">The condition.</param>
    /// <param name="step">How much time passes between two looks. Default 0.25 s.</param>
    /// <param name="stop">Ends the wait.</param>
    public Task AdvanceUntilAsync(Func<bool> condition, TimeSpan? step = null, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(condition);
        return UntilAsync(
            () =>
            {
                if (condition()) return true;
                Clock.Advance(step ?? TimeSpan.FromMilliseconds(250));
                return condition();
            },
            () => "the condition does not hold", stop);
    }

    /// <summary>How many messages of a topic are committed as handled by a group, over all its lanes.</summary>
    public long Committed(string group, string topic) =>
        Enumerable.Range(0, Broker.Ends(topic).Count).Sum(p => Broker.Committed(group, topic, p)?.Number + 1 ?? 0);

    /// <summary>Stops as a host does: drain, commit, leave. What handlers do not finish is given up when the clock says so.</summary>
    public Task StopAsync(CancellationToken stop = default) => host.StopAsync(stop);

    /// <inheritdoc />
    public async ValueTask DisposeAsync()
    {
        // The clock stands still, so a handler that hangs would never use up its budget.
        var stopping = host.StopAsync();
        while (!stopping.IsCompleted)
        {
            Clock.Advance(TimeSpan.FromSeconds(1));
            await Task.WhenAny(stopping, Task.Delay(Look, TimeProvider.System));
        }

        await stopping;
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    /// <summary>Topics with their handlers, retry topics and those that patterns match among them. Handlers that differ by type share one.</summary>
    private IEnumerable<(string Group, string Topic, long Final)> Topics => Services.GetRequiredService<HandlersRuntime>().Subscriptions
        .SelectMany(s => Broker.AllTopics().Select(name => (Name: name, Lanes: s.Of(name))).Where(t => t.Lanes is not null)
            .Select(t => (s.Group.Group, t.Name, t.Lanes!.Topic.Handlers.Sum(h => recorder.Final(h.Registration.Name, t.Name)))));

    private bool AreHandled() => Topics.All(t => Broker.Ends(t.Topic).Sum() <= t.Final);

    private string HowManyAreHandled()
    {
        var paused = Status.Handlers.Where(h => h.Lanes.Any(l => l.Paused != PauseReasons.None)).Select(h => $" '{h.Name}' is paused.");
        return string.Join("; ", Topics.Where(t => Broker.Ends(t.Topic).Sum() > t.Final).Select(t => $"{t.Topic} of {t.Group}: {t.Final} of {Broker.Ends(t.Topic).Sum()} final"))
            + $". Time stands still unless it is advanced: pauses between attempts, lists that are not full and retry topics wait for it (AdvanceUntilAsync).{string.Concat(paused)}";
    }

    private async Task UntilAsync(Func<bool> condition, Func<string> state, CancellationToken stop)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!condition())
        {
            if (Status.Failures is [var failure, ..]) throw new InvalidOperationException($"A subscription has ended by an error: {failure.Message}", failure);
            if (TimeProvider.System.GetElapsedTime(began) > Patience) throw new TimeoutException($"After {Patience.TotalSeconds:0.#} s: {state()}");
            await Task.Delay(Look, TimeProvider.System, stop);
        }
    }
}

/// <summary>The process belongs to the test runner: no signals, nothing on the console.</summary>
internal sealed class NoLifetime : IHostLifetime
{
    public Task WaitForStartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
