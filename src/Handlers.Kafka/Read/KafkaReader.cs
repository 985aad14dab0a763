using System.Globalization;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Handlers.Kafka;

/// <summary>Looks into topics by consumers that are in no group.</summary>
/// <remarks>A lane that is open has a consumer of its own. Two that nobody uses are kept for half a minute, as a look at many lanes opens one after the other.</remarks>
internal sealed class KafkaReader(KafkaTransport transport) : ITopicReader, IAsyncDisposable
{
    private const int MostIdle = 2;
    private const string Internal = "__"; // Kafka's own topics

    private static readonly TimeSpan Idle = TimeSpan.FromSeconds(30);

    private readonly Lock gate = new();
    private readonly List<LookClient> idle = [];     // guarded by gate, as all below
    private readonly HashSet<LookClient> open = [];  // those that are idle among them
    private ITimer? timer;
    private bool closed;

    public async ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => await AskAsync((_, admin) => Names(Metadata(admin, null)), stop);

    public async ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        return await AskAsync((_, admin) =>
        {
            var partitions = Partitions(admin, topic);
            var bounds = Bounds(admin, partitions);
            return partitions.Select(p => ExtentOf(p, bounds[p])).ToList();
        }, stop);
    }

    public async ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(topic);
        var client = Rent();
        try
        {
            var at = await client.RunAsync((consumer, admin) => Open(consumer, admin, topic, partition, from)).WaitAsync(stop);
            return new KafkaLaneReader(this, client, transport.Options.CallTimeout, at);
        }
        catch
        {
            End(client); // a call that was given up may still be under way
            throw;
        }
    }

    public async ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(group);
        ArgumentNullException.ThrowIfNull(topics);
        return await AskAsync((_, admin) =>
        {
            var partitions = topics.SelectMany(t => Partitions(admin, t)).ToList();
            var committed = Committed(admin, group, partitions);
            var bounds = Bounds(admin, [.. partitions.Where(p => !committed[p].IsSpecial)]);
            var owners = Owners(admin, group);
            return partitions.Select(p => PositionOf(group, p, committed[p], bounds.GetValueOrDefault(p), owners.GetValueOrDefault(p))).ToList();
        }, stop);
    }

    /// <summary>A lane's reader is done with it.</summary>
    public void Return(LookClient client)
    {
        lock (gate)
        {
            if (!closed && idle.Count < MostIdle)
            {
                client.WasUsed = true;
                idle.Add(client);
                timer ??= transport.Time.CreateTimer(static reader => ((KafkaReader)reader!).EndIdle(), this, Idle, Idle);
                return;
            }
        }

        End(client);
    }

    /// <summary>It failed, or nobody knows what it does.</summary>
    public void End(LookClient client)
    {
        lock (gate) open.Remove(client);
        client.Dispose();
    }

    public async ValueTask DisposeAsync()
    {
        List<LookClient> all;
        lock (gate)
        {
            closed = true;
            timer?.Dispose();
            timer = null;
            all = [.. open];
            open.Clear();
            idle.Clear();
        }

        foreach (var client in all) client.Dispose();
        await Task.WhenAll(all.Select(static c => c.Ended)).WaitAsync(transport.Options.CallTimeout, transport.Time)
            .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
    }

    private LookClient Rent()
    {
        lock (gate)
        {
            if (closed) throw new TransportException("The transport is closed.");
            if (idle.Count > 0)
            {
                var last = idle[^1];
                idle.RemoveAt(idle.Count - 1);
                return last;
            }
        }

        var client = new LookClient(transport.Clients);
        lock (gate)
            if (!closed) open.Add(client);
        return client;
    }

    private void EndIdle()
    {
        List<LookClient> unused;
        lock (gate)
        {
            unused = idle.FindAll(static c => !c.WasUsed);
            idle.RemoveAll(static c => !c.WasUsed);
            foreach (var client in idle) client.WasUsed = false;
            if (idle.Count == 0)
            {
                timer?.Dispose();
                timer = null;
            }
        }

        foreach (var client in unused) End(client);
    }

    private async ValueTask<T> AskAsync<T>(Func<IConsumer<byte[], byte[]>, IAdminClient, T> ask, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        var client = Rent();
        try
        {
            var answer = await client.RunAsync(ask).WaitAsync(stop);
            Return(client);
            return answer;
        }
        catch (TransportException e) when (!e.IsTransient)
        {
            Return(client); // what was asked for is not there
            throw;
        }
        catch
        {
            End(client);
            throw;
        }
    }

    private TopicPartitionOffset Open(IConsumer<byte[], byte[]> consumer, IAdminClient admin, string topic, string partition, StartPosition from)
    {
        var partitions = Partitions(admin, topic);
        if (!int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || partitions.All(p => p.Partition.Value != number))
            throw new TransportException($"Topic '{topic}' has no partition '{partition}': they are 0 to {partitions.Count - 1}.") { Kind = TransportErrorKind.Topic };
        var asked = new TopicPartition(topic, number);
        var at = new TopicPartitionOffset(asked, Calling($"Looking up where to begin in {topic}/{partition}", () => OffsetOf(consumer, asked, from)));
        consumer.Assign(at);
        return at;
    }

    private Offset OffsetOf(IConsumer<byte[], byte[]> consumer, TopicPartition partition, StartPosition from)
    {
        var timeout = transport.Options.CallTimeout;
        if (from is { After: null, From: StartFrom.Time })
        {
            var found = consumer.OffsetsForTimes([Lookups.AtOrAfter(partition, from.Time)], timeout)[0].Offset;
            if (!found.IsSpecial) return found;
            from = StartPosition.Latest; // nothing is as late
        }

        var bounds = consumer.QueryWatermarkOffsets(partition, timeout);
        if (from.After is not { } after) return from.From == StartFrom.Latest ? bounds.High : bounds.Low;
        if (after.Sequence is not null || after.Number >= bounds.High.Value)
            throw Lookups.Refused(partition, after, bounds);
        return Math.Max(after.Number + 1, bounds.Low.Value);
    }

    private List<TopicPartition> Partitions(IAdminClient admin, string topic)
    {
        var found = Metadata(admin, topic).Topics.Find(t => t.Topic == topic);
        if (found is null || found.Error.Code is ErrorCode.UnknownTopicOrPart or ErrorCode.Local_UnknownTopic)
            throw new TransportException($"Topic '{topic}' does not exist.{Closest.Hint(topic, Names(Metadata(admin, null)))}") { Kind = TransportErrorKind.Topic };
        if (found.Error.IsError) throw PartitionErrors.Failed(found.Error, $"Topic '{topic}' cannot be read");
        return [.. found.Partitions.Select(p => new TopicPartition(topic, p.PartitionId)).OrderBy(static p => p.Partition.Value)];
    }

    private Metadata Metadata(IAdminClient admin, string? topic) => Calling(topic is null ? "Listing the topics" : $"Looking for topic '{topic}'", () =>
        topic is null ? admin.GetMetadata(transport.Options.CallTimeout) : admin.GetMetadata(topic, transport.Options.CallTimeout));

    private static List<string> Names(Metadata metadata) =>
        [.. metadata.Topics.Select(static t => t.Topic).Where(static t => !t.StartsWith(Internal, StringComparison.Ordinal)).Order(StringComparer.Ordinal)];

    /// <summary>Where partitions begin and end, in two questions for all of them.</summary>
    private Dictionary<TopicPartition, (long Low, long High)> Bounds(IAdminClient admin, List<TopicPartition> partitions)
    {
        if (partitions.Count == 0) return [];
        var low = Offsets(OffsetSpec.Earliest());
        var high = Offsets(OffsetSpec.Latest());
        return partitions.ToDictionary(static p => p, p => (low[p], high[p]));

        Dictionary<TopicPartition, long> Offsets(OffsetSpec which) => Calling("Looking up where partitions begin and end", () =>
        {
            var options = new ListOffsetsOptions { RequestTimeout = transport.Options.CallTimeout, IsolationLevel = transport.Clients.LooksCommitted ? IsolationLevel.ReadCommitted : IsolationLevel.ReadUncommitted };
            var found = admin.ListOffsetsAsync(partitions.Select(p => new TopicPartitionOffsetSpec { TopicPartition = p, OffsetSpec = which }), options).GetAwaiter().GetResult(); // a thread of its own
            return found.ResultInfos.ToDictionary(static r => r.TopicPartitionOffsetError.TopicPartition, static r => r.TopicPartitionOffsetError.Offset.Value);
        });
    }

    private Dictionary<TopicPartition, Offset> Committed(IAdminClient admin, string group, List<TopicPartition> partitions) => Calling($"Looking up the positions of group '{group}'", () =>
    {
        var options = new ListConsumerGroupOffsetsOptions { RequestTimeout = transport.Options.CallTimeout };
        var found = admin.ListConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitions(group, partitions)], options).GetAwaiter().GetResult(); // a thread of its own
        return found[0].Partitions.ToDictionary(static p => p.TopicPartition, static p => p.Offset);
    });

    /// <summary>The group's members; nobody where the broker does not tell, or this client may not know.</summary>
    private Dictionary<TopicPartition, string> Owners(IAdminClient admin, string group)
    {
        try
        {
            var found = admin.DescribeConsumerGroupsAsync([group], new DescribeConsumerGroupsOptions { RequestTimeout = transport.Options.CallTimeout }).GetAwaiter().GetResult(); // the same
            return found.ConsumerGroupDescriptions.SelectMany(static g => g.Members).SelectMany(static m => (m.Assignment?.TopicPartitions ?? []).Select(p => (Partition: p, m.ConsumerId)))
                .DistinctBy(static o => o.Partition).ToDictionary(static o => o.Partition, static o => o.ConsumerId);
        }
        catch (KafkaException e)
        {
            KafkaLogs.OwnersUnknown(transport.Log, group, e.Error.Code);
            return [];
        }
    }

    private T Calling<T>(string doing, Func<T> call)
    {
        try
        {
            return call();
        }
        catch (KafkaException e)
        {
            throw PartitionErrors.Failed(e.Error, $"{doing} at {transport.Options.Servers} failed", e);
        }
    }

    private static LaneExtent ExtentOf(TopicPartition partition, (long Low, long High) bounds) => bounds.High <= bounds.Low
        ? new LaneExtent(partition.Topic, Name(partition), null, null, 0, IsClosed: false)
        : new LaneExtent(partition.Topic, Name(partition), new Position(bounds.Low), new Position(bounds.High - 1), bounds.High - bounds.Low, IsClosed: false);

    private static GroupPosition PositionOf(string group, TopicPartition partition, Offset committed, (long Low, long High) bounds, string? owner)
    {
        if (committed.IsSpecial) return new(group, partition.Topic, Name(partition), null, null, null, owner);
        var lag = Math.Max(0, bounds.High - committed.Value);
        return new(group, partition.Topic, Name(partition), committed.Value > 0 ? new Position(committed.Value - 1) : null, lag, lag == 0 ? TimeSpan.Zero : null, owner);
    }

    private static string Name(TopicPartition partition) => partition.Partition.Value.ToString(CultureInfo.InvariantCulture);
}
