using System.Globalization;

namespace Handlers.Embedded;

/// <summary>Looks into the log, on connections that only read: no group, no member, no row is made by it.</summary>
internal sealed class EmbeddedReader(LogFile file, Readers readers, TimeProvider time) : ITopicReader
{
    public ValueTask<IReadOnlyList<string>> TopicsAsync(CancellationToken stop) => Look<IReadOnlyList<string>>(static database => Names(database), stop);

    public ValueTask<IReadOnlyList<LaneExtent>> LanesAsync(string topic, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return Look<IReadOnlyList<LaneExtent>>(
            database => [.. Find(database, topic).PartitionIds.Select((partition, number) =>
            {
                var (first, next) = Starts.Bounds(database, partition);
                return first == next
                    ? new LaneExtent(topic, Name(number), null, null, 0, IsClosed: false)
                    : new LaneExtent(topic, Name(number), new Position(first), new Position(next - 1), next - first, IsClosed: false);
            })], stop);
    }

    public ValueTask<ILaneReader> OpenAsync(string topic, string partition, StartPosition from, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topic);
        return Look<ILaneReader>(
            database =>
            {
                var found = Find(database, topic);
                if (!int.TryParse(partition, NumberStyles.None, CultureInfo.InvariantCulture, out var number) || number >= found.PartitionIds.Length)
                    throw new TransportException($"Topic '{topic}' of the log '{file.Path}' has no partition '{partition}': they are 0 to {found.PartitionIds.Length - 1}.") { Kind = TransportErrorKind.Topic };
                // What is before the first position is passed over, like all that is deleted.
                var start = from.After is { Sequence: null, Number: < 0 } ? StartPosition.Earliest : from;
                var id = new LaneId(topic, partition, 0);
                return new EmbeddedLaneReader(this, id, found.PartitionIds[number], Starts.Resolve(database, id, found.PartitionIds[number], start));
            }, stop);
    }

    public ValueTask<IReadOnlyList<Handlers.GroupPosition>> PositionsAsync(string group, IReadOnlyList<string> topics, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(topics);
        return Look<IReadOnlyList<Handlers.GroupPosition>>(
            database => [.. topics.Select(name => Find(database, name)).SelectMany(topic => topic.PartitionIds.Select((partition, number) => PositionOf(database, group, topic.Name, number, partition)))], stop);
    }

    /// <summary>Lends a connection that reads. One that fails is not used again: a statement of it may be in the middle of a row, or its file be damaged.</summary>
    public T Use<T>(Func<Database, T> look)
    {
        var database = readers.Rent();
        T result;
        try
        {
            result = look(database);
        }
        catch
        {
            database.Dispose();
            throw;
        }

        readers.Return(database);
        return result;
    }

    /// <summary>What is wrong with the file itself, of a lane.</summary>
    public TransportException Damaged(LaneId lane, long position) => DatabaseErrors.Damaged(file.Path, string.Create(CultureInfo.InvariantCulture,
        $"lane {lane} lacks the message at position {position}, which no retention deleted"));

    private Handlers.GroupPosition PositionOf(Database database, string group, string topic, int number, long partition)
    {
        if (GroupTable.Position(database, group, partition) is not { } position) return new(group, topic, Name(number), null, null, null, null);
        var next = TopicTable.Next(database, partition);
        var handled = position.Handled == 0 ? (Position?)null : new Position(position.Handled);
        return new(group, topic, Name(number), handled, next - 1 - position.Handled, AgeOf(database, partition, position.Handled + 1, next), position.Owner);
    }

    /// <summary>Of the first message that is left from a position on.</summary>
    private TimeSpan AgeOf(Database database, long partition, long position, long next)
    {
        if (position >= next) return TimeSpan.Zero;
        using var row = database.Prepare("SELECT timestamp FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT 1")
            .Bind(1, Schema.MessageId(partition, position)).Bind(2, Schema.MessageId(partition + 1, 0));
        var age = row.Step() ? time.GetUtcNow() - DateTimeOffset.FromUnixTimeMilliseconds(row.Timestamp(0)) : TimeSpan.Zero;
        return age > TimeSpan.Zero ? age : TimeSpan.Zero;
    }

    private Topic Find(Database database, string topic) => TopicTable.Find(database, topic)
        ?? throw new TransportException($"The log '{file.Path}' has no topic '{topic}'.{Closest.Hint(topic, Names(database))}") { Kind = TransportErrorKind.Topic };

    private static List<string> Names(Database database)
    {
        var names = new List<string>();
        using var rows = database.Prepare("SELECT name FROM topics ORDER BY name");
        while (rows.Step()) names.Add(rows.Text(0));
        return names;
    }

    private ValueTask<T> Look<T>(Func<Database, T> look, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        // A connection would make the file, and a look makes nothing.
        if (!File.Exists(file.Path)) throw Missing();
        return new(Use(database => Schema.IsMissing(database) ? throw Missing() : look(database)));
    }

    private TransportException Missing() => new($"There is no log '{file.Path}' yet. Name the folder of one, or let a handler or a publisher make it.") { Kind = TransportErrorKind.Topic };

    private static string Name(int number) => number.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Looks into one partition.</summary>
internal sealed class EmbeddedLaneReader(EmbeddedReader reader, LaneId lane, long partition, long handled) : ILaneReader
{
    private readonly MessageReader messages = new(partition, MessageParts.All);
    private long behind = handled; // the last position that was read, or begun after

    public ValueTask<LaneRead> ReadAsync(MessageBatch into, CancellationToken stop)
    {
        ArgumentNullException.ThrowIfNull(into);
        stop.ThrowIfCancellationRequested();
        return new(reader.Use(database => Read(database, into)));
    }

    public ValueTask DisposeAsync() => default;

    private LaneRead Read(Database database, MessageBatch into)
    {
        for (var isAgain = false; ; isAgain = true)
        {
            behind = messages.Read(database, behind + 1, into, out _) - 1;
            if (into.Count > 0) return LaneRead.Messages;
            var (first, next) = Starts.Bounds(database, partition);
            if (behind + 1 >= next) return LaneRead.AtEnd;
            // Where it is not deleted, it was appended between the two looks, and is there at the next.
            if (first > behind + 1) behind = first - 1;
            else if (isAgain) throw reader.Damaged(lane, behind + 1);
        }
    }
}
