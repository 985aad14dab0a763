using Microsoft.Extensions.Logging;

namespace Handlers.Embedded;

/// <summary>The embedded log as a transport. The file is opened at the first publish or subscription.</summary>
internal sealed class EmbeddedTransport : ITransport
{
    private int closed;

    public EmbeddedTransport(EmbeddedOptions options, TimeProvider time, ILogger log)
    {
        EmbeddedOptionsCheck.Check(options);
        Options = options;
        Time = time;
        Log = log;
        File = new LogFile(options.Folder, options.BusyTimeout, options.Durability) { MostPages = options.MostPages };
        Readers = new Readers(File);
        Reader = new EmbeddedReader(File, Readers, time);
        Retention = new Retention(this);
        Heartbeat = new Heartbeat(this);
        Writer = new Writer(File, options, Ends, time, log);
        Publisher = new EmbeddedPublisher(Writer, Heartbeat, options, time);
    }

    public EmbeddedOptions Options { get; }

    public TimeProvider Time { get; }

    public ILogger Log { get; }

    public LogFile File { get; }

    public Ends Ends { get; } = new();

    public Readers Readers { get; }

    public Writer Writer { get; }

    public Retention Retention { get; }

    public Heartbeat Heartbeat { get; }

    public string System => "handlers_embedded";

    public bool HasTransactions => true;

    public ITopicReader Reader { get; }

    public IPublisher Publisher { get; }

    public async ValueTask<ISubscription> SubscribeAsync(SubscriptionRequest request, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(request);
        TopicName.CheckGroup(request.Group);
        foreach (var topic in request.Topics) TopicName.Check(topic.Topic);
        if (request.Topics.Count == 0) throw new TransportException($"Group '{request.Group}' subscribes to no topic.");
        if (request.Topics.DistinctBy(t => t.Topic, StringComparer.Ordinal).Count() < request.Topics.Count)
            throw new TransportException($"Group '{request.Group}' subscribes to a topic twice.");
        var join = new Join(request);
        await Writer.WriteAsync(join, stop);
        foreach (var topic in join.Topics)
            if (Options.Topics.TryGetValue(topic.Name, out var own) && own.Partitions is { } wanted && wanted != topic.PartitionIds.Length)
                EmbeddedLogs.PartitionsDiffer(Log, topic.Name, topic.PartitionIds.Length, wanted);
        Heartbeat.Start();
        return new EmbeddedSubscription(this, request, join.Topics);
    }

    public async ValueTask DisposeAsync()
    {
        if (Volatile.Read(ref closed) != 0) return;
        foreach (var subscription in Heartbeat.Subscriptions()) await subscription.DisposeAsync();
        await AbandonAsync();
    }

    /// <summary>Closes without leaving any group, as the end of the process would.</summary>
    internal async ValueTask AbandonAsync()
    {
        if (Interlocked.Exchange(ref closed, 1) != 0) return;
        foreach (var subscription in Heartbeat.Subscriptions()) subscription.Abandon();
        await Heartbeat.DisposeAsync();
        await Writer.DisposeAsync();
        Readers.Dispose();
    }
}
