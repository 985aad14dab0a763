using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>Kafka as a transport: a consumer for each subscription, one producer for all that is published.</summary>
internal sealed class KafkaTransport : ITransport
{
    private readonly ConcurrentDictionary<KafkaSubscription, bool> subscriptions = [];
    private readonly KafkaPublisher publisher;
    private readonly KafkaReader reader;
    private int closed;

    public KafkaTransport(KafkaOptions options, TimeProvider time, ILogger log)
    {
        KafkaOptionsCheck.Check(options);
        Options = options;
        Time = time;
        Log = log;
        Clients = new Clients(options, log, new ClientReports(log, time));
        Epochs = new Epochs(time);
        Pings = new ClusterPings(options, time, Clients.Pings);
        reader = new KafkaReader(this);
        publisher = new KafkaPublisher(new SharedProducer(Clients.Producer, options, log), time);
    }

    public KafkaOptions Options { get; }

    public TimeProvider Time { get; }

    public string System => "kafka";

    public bool HasTransactions => true;

    public MessageAttributes? MessageAttributes { get; } = new("messaging.kafka.offset", "messaging.kafka.message.key");

    public bool HasPatterns => true;

    public ILogger Log { get; }

    public Clients Clients { get; }

    public Epochs Epochs { get; }

    public ClusterPings Pings { get; }

    public ITopicReader Reader => reader;

    public IPublisher Publisher => publisher;

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        if (string.IsNullOrWhiteSpace(request.Group)) throw new TransportException("The group has no name.");
        if (request.Topics.Count == 0) throw new TransportException($"Group '{request.Group}' subscribes to no topic.");
        if (request.Topics.DistinctBy(static t => t.Topic, StringComparer.Ordinal).Count() < request.Topics.Count)
            throw new TransportException($"Group '{request.Group}' subscribes to a topic twice.");
        var topics = await new Topics(this, request).CheckAsync(stop);
        var subscription = new KafkaSubscription(this, request, topics);
        subscriptions.TryAdd(subscription, true);
        await subscription.PrepareAsync(stop);
        return subscription;
    }

    public async ValueTask DisposeAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0) return;
        await Task.WhenAll(subscriptions.Keys.Select(LeaveAsync));
        Pings.Dispose();
        await reader.DisposeAsync();
        await publisher.DisposeAsync();
    }

    /// <summary>The client leaves its group before it ends, and would wait for a cluster that is away for longer than any stop may take.</summary>
    private async Task LeaveAsync(KafkaSubscription subscription)
    {
        try
        {
            await subscription.DisposeAsync().AsTask().WaitAsync(Options.CallTimeout, Time);
        }
        catch (TimeoutException e)
        {
            KafkaLogs.LeaveFailed(Log, subscription.Group, e);
        }
    }

    /// <summary>Ends without leaving any group, as the end of the process would.</summary>
    internal async ValueTask AbandonAsync()
    {
        foreach (var subscription in subscriptions.Keys) await subscription.AbandonAsync();
        await DisposeAsync();
    }

    /// <summary>A subscription has left its group.</summary>
    internal void Left(KafkaSubscription subscription) => subscriptions.TryRemove(subscription, out _);
}
