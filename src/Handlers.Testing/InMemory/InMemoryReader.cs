using System.Globalization;

namespace Handlers.Testing;

/// <summary>Looks into a broker in memory.</summary>
internal sealed class InMemoryReader(InMemoryBroker broker) : ITopicReader
{
    public ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return new([.. broker.AllTopics().Order(StringComparer.Ordinal)]);
    }

    public ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topic);
        stop.ThrowIfCancellationRequested();
        lock (broker.Gate)
        {
            return new([.. broker.Known(topic).Partitions.Select(p => p.Messages.Count == 0
                ? new LaneExtent(topic, Name(p), null, null, 0, IsClosed: false)
                : new LaneExtent(topic, Name(p), new Position(0), new Position(p.Messages.Count - 1), p.Messages.Count, IsClosed: false))]);
        }
    }

    public ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topic);
        stop.ThrowIfCancellationRequested();
        lock (broker.Gate)
        {
            var found = broker.Known(topic).Partitions.FirstOrDefault(p => Name(p) == partition)
                ?? throw new TransportException($"Topic '{topic}' has no partition '{partition}'.{Closest.Hint(partition, broker.Known(topic).Partitions.Select(Name))}") { Kind = TransportErrorKind.Topic };
            if (from.After is { } after && (after.Sequence is not null || after.Number >= found.Messages.Count))
                throw new TransportException($"Lane {topic}/{partition} has no position {after}: it ends at {found.Messages.Count - 1}.") { IsRefused = true, Kind = TransportErrorKind.Positions };
            return new(new LaneReader(broker, found, Math.Max(0, InMemoryGroup.PositionOf(from, found))));
        }
    }

    public ValueTask<IReadOnlyList<GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topics);
        stop.ThrowIfCancellationRequested();
        lock (broker.Gate)
        {
            var now = broker.Time.GetUtcNow();
            return new([.. topics.SelectMany(t => broker.Known(t).Partitions).Select(p => Of(group, p, broker.Position(group, p)?.Committed, now))]);
        }
    }

    private static GroupPosition Of(string group, InMemoryPartition partition, long? next, DateTimeOffset now)
    {
        if (next is not { } at) return new(group, partition.Topic.Name, Name(partition), null, null, null, Owner: null);
        var age = at == partition.Messages.Count ? TimeSpan.Zero : now - DateTimeOffset.FromUnixTimeMilliseconds(partition.Messages[(int)at].TimestampMilliseconds);
        return new(group, partition.Topic.Name, Name(partition), at > 0 ? new Position(at - 1) : null, partition.Messages.Count - at, age < TimeSpan.Zero ? TimeSpan.Zero : age, Owner: null);
    }

    private static string Name(InMemoryPartition partition) => partition.Number.ToString(CultureInfo.InvariantCulture);

    private sealed class LaneReader(InMemoryBroker broker, InMemoryPartition partition, int next) : ILaneReader
    {
        public ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop)
        {
            ArgumentNullException.ThrowIfNull(into);
            stop.ThrowIfCancellationRequested();
            lock (broker.Gate)
            {
                while (next < partition.Messages.Count && into.Count < into.MaxCount)
                {
                    var message = partition.Messages[next];
                    if (!into.HasRoomFor(message.Key.Length + message.Body.Length)) break;
                    into.Add(in message);
                    next++;
                }
            }

            return new(into.Count > 0 ? LaneRead.Messages : LaneRead.AtEnd);
        }

        public ValueTask DisposeAsync() => default;
    }
}
