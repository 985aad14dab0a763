namespace Handlers.Embedded;

/// <summary>Deletes what is too old or too much, in small transactions that let others write between.</summary>
/// <remarks>The heartbeat calls it; it never overlaps itself.</remarks>
internal sealed class Retention(EmbeddedTransport transport)
{
    private long? last;
    private Task work = Task.CompletedTask;

    public void Beat()
    {
        if (transport.Options.RetainsAll || !work.IsCompleted) return;
        if (last is { } before && transport.Time.GetElapsedTime(before) < transport.Options.RetentionInterval) return;
        last = transport.Time.GetTimestamp();
        work = DeleteAsync();
    }

    private async Task DeleteAsync()
    {
        try
        {
            var look = new PartitionsToRetain();
            await transport.Writer.WriteAsync(look, CancellationToken.None);
            foreach (var (topic, number, partition, partitions) in look.Found)
            {
                var limits = Limits(topic, partitions);
                if (limits is null) continue;
                var deleted = 0L;
                Retain retain;
                do
                {
                    retain = new Retain(partition, limits.Value.Before, limits.Value.Bytes);
                    await transport.Writer.WriteAsync(retain, CancellationToken.None);
                    deleted += retain.Deleted;
                }
                while (retain.MayHaveMore);
                if (deleted > 0) EmbeddedLogs.RetentionDeleted(transport.Log, deleted, topic, number);
            }
        }
        catch (Exception e)
        {
            // Keeping too much is no reason to stop reading; the next beat tries again.
            EmbeddedLogs.RetentionFailed(transport.Log, transport.File.Path, e);
        }
    }

    private (long? Before, long? Bytes)? Limits(string topic, int partitions)
    {
        var age = transport.Options.AgeOf(topic);
        var bytes = transport.Options.BytesOf(topic);
        if (age is null && bytes is null) return null;
        long? before = age is { } span ? transport.Time.GetUtcNow().ToUnixTimeMilliseconds() - (long)span.TotalMilliseconds : null;
        return (before, bytes is { } most ? Math.Max(1, most / partitions) : null);
    }
}

/// <summary>The partitions that have messages.</summary>
internal sealed class PartitionsToRetain : Write
{
    public List<(string Topic, int Number, long Partition, int Partitions)> Found { get; } = [];

    public override bool Shares => true;

    public override void Run(Transaction transaction)
    {
        Found.Clear();
        using var rows = transaction.Database.Prepare("""
            SELECT t.name, p.number, p.id, t.partitions FROM partitions p JOIN topics t ON t.id = p.topic
            WHERE p.next > p.first ORDER BY p.id
            """);
        while (rows.Step())
            Found.Add((rows.Text(0), (int)rows.Long(1, 0, EmbeddedOptionsCheck.MostPartitions), rows.Partition(2), (int)rows.Long(3, 1, EmbeddedOptionsCheck.MostPartitions)));
    }
}

/// <summary>Deletes the oldest messages of a partition: those that came in before a time, and those that are too much.</summary>
internal sealed class Retain(long partition, long? before, long? mostBytes) : Write
{
    private const int MostAtOnce = 2_000;

    public int Deleted { get; private set; }

    public bool MayHaveMore => Deleted == MostAtOnce;

    public override void Run(Transaction transaction)
    {
        var database = transaction.Database;
        Deleted = 0;
        long first, bytes;
        using (var row = database.Prepare("SELECT first, bytes FROM partitions WHERE id = ?1").Bind(1, partition))
        {
            row.Step();
            (first, bytes) = (row.Position(0), row.Long(1));
        }

        var freed = 0L;
        using (var rows = database.Prepare("""
            SELECT coalesce(appended, timestamp), coalesce(length(key), 0) + coalesce(length(headers), 0) + coalesce(length(body), 0), id
            FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3
            """).Bind(1, Schema.MessageId(partition, first)).Bind(2, Schema.MessageId(partition + 1, 0)).Bind(3, MostAtOnce))
        {
            while (rows.Step() && (rows.Long(0) < before || bytes - freed > mostBytes))
            {
                if (Schema.PositionOf(rows.Long(2)) != first + Deleted) throw rows.Impossible(2);
                freed += rows.Long(1);
                Deleted++;
            }
        }

        if (Deleted == 0) return;
        database.Prepare("DELETE FROM messages WHERE id >= ?1 AND id < ?2")
            .Bind(1, Schema.MessageId(partition, first)).Bind(2, Schema.MessageId(partition, first + Deleted)).Run();
        database.Prepare("UPDATE partitions SET first = first + ?2, bytes = bytes - ?3 WHERE id = ?1")
            .Bind(1, partition).Bind(2, Deleted).Bind(3, freed).Run();
    }
}
