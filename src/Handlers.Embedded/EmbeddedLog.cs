namespace Handlers.Embedded;

/// <summary>A partition of a topic.</summary>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">Its number, from 0.</param>
/// <param name="First">The first position that is kept.</param>
/// <param name="Next">The position of the next message; as large as <paramref name="First"/> where it is empty.</param>
/// <param name="Bytes">Bytes of keys, headers and bodies that are kept.</param>
public sealed record EmbeddedPartition(string Topic, int Partition, long First, long Next, long Bytes)
{
    /// <summary>Messages that are kept.</summary>
    public long Count => Next - First;
}

/// <summary>Where a group stands in a partition.</summary>
/// <param name="Group">The group.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Partition">The partition's number.</param>
/// <param name="Handled">The last position that is handled; 0 before the first message.</param>
/// <param name="Lag">Messages behind the partition's end that are not handled.</param>
/// <param name="Owner">The member that reads it, as machine:process:number; null where nobody does.</param>
public sealed record EmbeddedPosition(string Group, string Topic, int Partition, Position Handled, long Lag, string? Owner);

/// <summary>
/// A log for administration: what a tool or a sample asks beside running handlers. Processes may use the log meanwhile. One
/// thread at a time. Every failure is a <see cref="TransportException"/> that names the file.
/// </summary>
public sealed class EmbeddedLog : IDisposable
{
    private readonly Database database;

    private EmbeddedLog(Database database) => this.database = database;

    /// <summary>Opens the log of a folder, and makes it where it is missing.</summary>
    public static EmbeddedLog Open(string folder)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(folder);
        return new EmbeddedLog(new LogFile(folder, TimeSpan.FromSeconds(5), Durability.PowerLoss).OpenToWrite());
    }

    /// <summary>The file.</summary>
    public string Path => database.Path;

    /// <summary>Makes a topic. False: there is one already, with the partitions that it has.</summary>
    /// <param name="topic">The name: not empty, no control characters, at most 249 characters.</param>
    /// <param name="partitions">1 to 10,000. They stay as they are.</param>
    public bool CreateTopic(string topic, int partitions)
    {
        TopicName.Check(topic);
        ArgumentOutOfRangeException.ThrowIfLessThan(partitions, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(partitions, EmbeddedOptionsCheck.MostPartitions);
        return Write(() =>
        {
            if (TopicTable.Find(database, topic) is not null) return false;
            TopicTable.Make(database, topic, partitions);
            return true;
        });
    }

    /// <summary>Every partition of every topic, by name and number.</summary>
    public IReadOnlyList<EmbeddedPartition> Partitions()
    {
        var partitions = new List<EmbeddedPartition>();
        using var rows = database.Prepare("""
            SELECT t.name, p.number, p.first, p.next, p.bytes FROM partitions p JOIN topics t ON t.id = p.topic ORDER BY t.name, p.number
            """);
        while (rows.Step()) partitions.Add(new EmbeddedPartition(rows.Text(0), (int)rows.Long(1, 0, EmbeddedOptionsCheck.MostPartitions), rows.Position(2), rows.Long(3, rows.Position(2), Schema.LastPosition), rows.Long(4)));
        return partitions;
    }

    /// <summary>Where groups stand: one group, or all.</summary>
    public IReadOnlyList<EmbeddedPosition> Positions(string? group = null)
    {
        var positions = new List<EmbeddedPosition>();
        using var rows = database.Prepare("""
            SELECT g."group", t.name, p.number, g.handled, p.next, g.owner
            FROM positions g JOIN partitions p ON p.id = g.partition JOIN topics t ON t.id = p.topic
            WHERE g.handled IS NOT NULL AND (?1 IS NULL OR g."group" = ?1) ORDER BY g."group", t.name, p.number
            """).Bind(1, group);
        while (rows.Step())
        {
            var handled = rows.Position(3);
            positions.Add(new EmbeddedPosition(
                rows.Text(0), rows.Text(1), (int)rows.Long(2, 0, EmbeddedOptionsCheck.MostPartitions), new Position(handled), rows.Position(4) - 1 - handled, rows.NullableText(5)));
        }

        return positions;
    }

    /// <summary>
    /// Moves a group's position in every partition of a topic. A member that reads one loses it, and it begins again at the new
    /// position with the next assignment.
    /// </summary>
    /// <param name="group">The group.</param>
    /// <param name="topic">The topic, which must be there.</param>
    /// <param name="to">Earliest, latest or a time.</param>
    public void MovePosition(string group, string topic, StartPosition to)
    {
        TopicName.CheckGroup(group);
        Write(() =>
        {
            var found = Find(topic);
            for (var number = 0; number < found.PartitionIds.Length; number++)
            {
                var partition = found.PartitionIds[number];
                var handled = Starts.Resolve(database, EmbeddedLane.IdOf(found, number, 0), partition, to);
                GroupTable.Begin(database, group, partition, handled);
                GroupTable.Move(database, group, partition, handled);
            }

            GroupTable.Changed(database, group);
            return true;
        });
    }

    /// <summary>
    /// Forgets a group's position in every partition of a topic, so that it begins anew as its handlers say. False: it had none.
    /// </summary>
    public bool DeletePosition(string group, string topic)
    {
        TopicName.CheckGroup(group);
        return Write(() =>
        {
            var deleted = Find(topic).PartitionIds.Count(partition => GroupTable.Delete(database, group, partition));
            GroupTable.Changed(database, group);
            return deleted > 0;
        });
    }

    private Topic Find(string topic) => TopicTable.Find(database, topic) ?? throw Missing(topic);

    private TransportException Missing(string topic) => new($"The log '{Path}' has no topic '{topic}'.{Closest.Hint(topic, Partitions().Select(p => p.Topic))}");

    private T Write<T>(Func<T> work)
    {
        database.Execute("BEGIN IMMEDIATE");
        try
        {
            var result = work();
            database.Execute("COMMIT");
            return result;
        }
        catch
        {
            database.RollBack();
            throw;
        }
    }

    /// <summary>Closes the file.</summary>
    public void Dispose() => database.Dispose();
}
