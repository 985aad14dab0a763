namespace Handlers.Embedded;

/// <summary>A topic and the ids of its partitions, by number. A topic keeps its partitions for ever.</summary>
internal sealed class Topic(long id, string name, long[] partitionIds)
{
    private int turn; // for messages without a key; the writer's alone

    public long Id { get; } = id;

    public string Name { get; } = name;

    public long[] PartitionIds { get; } = partitionIds;

    /// <summary>Messages of one key share a partition; those without a key take turns.</summary>
    public int PartitionOf(ReadOnlyMemory<byte>? key)
    {
        if (key is { } bytes) return KeyHash.Partition(bytes.Span, PartitionIds.Length);
        turn = (turn + 1) % PartitionIds.Length;
        return turn;
    }
}

/// <summary>Reads and makes topics.</summary>
internal static class TopicTable
{
    public static Topic? Find(Database database, string name)
    {
        long id, count;
        using (var find = database.Prepare("SELECT id, partitions FROM topics WHERE name = ?1").Bind(1, name))
        {
            if (!find.Step()) return null;
            (id, count) = (find.Long(0, 1, long.MaxValue), find.Long(1, 1, EmbeddedOptionsCheck.MostPartitions));
        }

        var partitions = new List<long>();
        using var rows = database.Prepare("SELECT id, number FROM partitions WHERE topic = ?1 ORDER BY number").Bind(1, id);
        while (rows.Step())
        {
            // Numbers have no gaps, and ids rise with them.
            if (rows.Long(1) != partitions.Count || (partitions is [.., var before] && rows.Partition(0) <= before)) throw rows.Impossible(1);
            partitions.Add(rows.Partition(0));
        }

        if (partitions.Count != count) throw database.Damaged($"topic '{name}' has {partitions.Count} of its {count} partitions");
        return new Topic(id, name, [.. partitions]);
    }

    public static Topic Make(Database database, string name, int partitions)
    {
        database.Prepare("INSERT INTO topics(name, partitions) VALUES(?1, ?2)").Bind(1, name).Bind(2, partitions).Run();
        var topic = database.Number("SELECT last_insert_rowid()")!.Value;
        var ids = new long[partitions];
        for (var number = 0; number < partitions; number++)
        {
            database.Prepare("INSERT INTO partitions(topic, number) VALUES(?1, ?2)").Bind(1, topic).Bind(2, number).Run();
            ids[number] = database.Number("SELECT last_insert_rowid()")!.Value;
        }

        return new Topic(topic, name, ids);
    }

    /// <summary>The position of a partition's next message.</summary>
    public static long Next(Database database, long partition) => End(database, partition).Next;

    /// <summary>The position of a partition's next message, and the timestamp of its last one in milliseconds, null before the first.</summary>
    public static (long Next, long? Newest) End(Database database, long partition)
    {
        using var row = database.Prepare("SELECT next, newest FROM partitions WHERE id = ?1").Bind(1, partition);
        row.Step();
        return (row.Position(0), row.IsNull(1) ? null : row.Timestamp(1));
    }
}
