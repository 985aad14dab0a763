using System.Collections.Concurrent;
using System.Globalization;
using Confluent.Kafka;
using Handlers.Kafka.Peers;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka.Tests;

/// <summary>A message as the handler got it.</summary>
internal sealed record Received(byte[]? Body, MessageContext Context)
{
    /// <summary>The number that <see cref="Application.PublishAsync"/> wrote.</summary>
    public int Id => int.Parse(Body, CultureInfo.InvariantCulture);
}

/// <summary>What the handler does with a message; the test's.</summary>
internal sealed record Receiving(Func<Received, CancellationToken, ValueTask> HandleAsync);

/// <summary>The one handler of these tests, registered by generated code.</summary>
internal sealed class Receiver(Receiving receiving)
{
    [StreamHandler(Application.Topic, Group = Application.Group, Start = StartFrom.Earliest)]
    public ValueTask OnMessage(byte[]? body, MessageContext context, CancellationToken stop) => receiving.HandleAsync(new Received(body, context), stop);
}

/// <summary>A program with one handler, as a user would write it: the generic host, generated registration, Kafka. Without a process of its own.</summary>
internal sealed class Application : IAsyncDisposable
{
    public const string Topic = "topic";
    public const string Group = "group";

    private readonly IHost host;

    private Application(IHost host, LogLines log, ConcurrentQueue<Received> handled)
    {
        this.host = host;
        Log = log;
        Handled = handled;
    }

    public LogLines Log { get; }

    /// <summary>What was handled, in its order.</summary>
    public ConcurrentQueue<Received> Handled { get; }

    public HandlersStatus Status => host.Services.GetRequiredService<HandlersStatus>();

    public IPublisher Publisher => host.Services.GetRequiredService<IPublisher>();

    /// <summary>Fires when the host stops, by itself too.</summary>
    public CancellationToken Stopping => host.Services.GetRequiredService<IHostApplicationLifetime>().ApplicationStopping;

    /// <param name="broker">Where.</param>
    /// <param name="configure">What is not as in <paramref name="consumer"/>.</param>
    /// <param name="consumer">Settings of the consumer; null: those of <see cref="TestSettings.ConsumerProtocol"/>.</param>
    /// <param name="handle">What the handler does before a message counts as handled.</param>
    /// <param name="options">The runtime's options.</param>
    public static async Task<Application> StartAsync(
        Broker broker, Action<KafkaOptions>? configure = null, IReadOnlyDictionary<string, string>? consumer = null,
        Func<Received, CancellationToken, ValueTask>? handle = null, Action<HandlersOptions>? options = null)
    {
        var (log, handled) = (new LogLines(), new ConcurrentQueue<Received>());
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "test" });
        builder.Logging.SetMinimumLevel(LogLevel.Information).AddProvider(log);
        builder.Services.AddSingleton(s => new HandlersRuntime(s.GetRequiredService<HandlerDeclarations>(), s) { OwnsProcess = false });
        builder.Services.AddSingleton(new Receiving(async (received, stop) =>
        {
            if (handle is not null) await handle(received, stop);
            handled.Enqueue(received);
        }));
        builder.Services.AddStreamHandlers()
            .Configure((HandlersOptions o) =>
            {
                o.CommitInterval = TimeSpan.FromMilliseconds(50);
                options?.Invoke(o);
            })
            .UseKafka(kafka =>
            {
                kafka.Servers = broker.Bootstrap;
                foreach (var (name, value) in consumer ?? TestSettings.ConsumerProtocol) kafka.ConsumerSettings[name] = value;
                configure?.Invoke(kafka);
            });
        var application = new Application(builder.Build(), log, handled);
        try
        {
            await application.host.StartAsync(TestContext.Current.CancellationToken);
            return application;
        }
        catch
        {
            await application.DisposeAsync();
            throw;
        }
    }

    /// <summary>Publishes numbers as bodies and keys, in one call.</summary>
    public ValueTask PublishAsync(int first, int count) => Publisher.PublishAsync([.. Enumerable.Range(first, count).Select(id => new OutgoingMessage
    {
        Topic = Topic,
        Key = OutgoingMessage.Utf8(Text(id)),
        Body = OutgoingMessage.Utf8(Text(id)),
    })], TestContext.Current.CancellationToken);

    /// <summary>Waits until so many messages were handled, each counted once.</summary>
    public Task HandlesAsync(int count) => Waiting.UntilAsync(
        () => Task.FromResult(Status.Failures.Count > 0 || Handled.Select(h => h.Context.Id).Distinct().Count() >= count),
        () => $"{Handled.Select(h => h.Context.Id).Distinct().Count()} of {count} messages were handled.\n{Log}");

    /// <summary>Stops it as a signal would.</summary>
    public Task StopAsync() => host.StopAsync(TestContext.Current.CancellationToken);

    /// <summary>Where the group stands, asked of the broker: the sum of its offsets in all partitions.</summary>
    public static async Task<long> CommittedAsync(Broker broker, int partitions)
    {
        using var admin = new AdminClientBuilder(new AdminClientConfig { BootstrapServers = broker.Bootstrap }).SetLogHandler(static (_, _) => { }).Build();
        var found = await admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(Group, [.. Enumerable.Range(0, partitions).Select(p => new TopicPartition(Topic, p))])]);
        return found[0].Partitions.Where(static p => !p.Offset.IsSpecial).Sum(static p => p.Offset.Value);
    }

    public async ValueTask DisposeAsync()
    {
        await host.StopAsync(CancellationToken.None);
        await ((IAsyncDisposable)host).DisposeAsync();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
