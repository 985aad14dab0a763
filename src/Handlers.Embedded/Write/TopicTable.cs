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
        long id;
        using (var find = database.Prepare("SELECT id FROM topics WHERE name = ?1").Bind(1, name))
        {
            if (!find.Step()) return null;
            id = find.Long(0);
        }

        var partitions = new List<long>();
        using var rows = database.Prepare("SELECT id FROM partitions WHERE topic = ?1 ORDER BY number").Bind(1, id);
        while (rows.Step()) partitions.Add(rows.Long(0));
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
    public static long Next(Database database, long partition)
    {
        using var row = database.Prepare("SELECT next FROM partitions WHERE id = ?1").Bind(1, partition);
        row.Step();
        return row.Long(0);
    }
}
