namespace Handlers.Embedded;

/// <summary>
/// Reads rows of one partition into batches. Bodies and keys are copied into chunks that are filled once and never used
/// again, so their bytes stay what they are for whoever keeps them.
/// </summary>
/// <remarks>One per lane, used by its one reader.</remarks>
internal sealed class MessageReader(long partition, MessageParts parts)
{
    private const int ChunkSize = 64 * 1024;
    private const int LargestInChunk = 8 * 1024;

    private byte[] chunk = [];
    private int used;

    /// <summary>The timestamp of the last message read, in milliseconds.</summary>
    public long? LastTimestamp { get; private set; }

    /// <summary>Adds messages from a position on, as many as there are and as the batch takes.</summary>
    /// <returns>The position after the last message added; <paramref name="from"/> where there was none.</returns>
    /// <param name="database">The connection.</param>
    /// <param name="from">The first position to read.</param>
    /// <param name="into">Where they go.</param>
    /// <param name="missing">Whether the position after the last message added is not there; false where the batch is full.</param>
    public long Read(Database database, long from, MessageBatch into, out bool missing)
    {
        missing = into.Count < into.MaxCount;
        var next = from;
        using var rows = database.Prepare(
                "SELECT id, timestamp, body, key, headers FROM messages WHERE id >= ?1 AND id < ?2 ORDER BY id LIMIT ?3")
            .Bind(1, Schema.MessageId(partition, from)).Bind(2, Schema.MessageId(partition + 1, 0)).Bind(3, into.MaxCount - into.Count);
        while (rows.Step())
        {
            var position = Schema.PositionOf(rows.Long(0));
            // Positions are given out without gaps: what is missing was deleted by retention.
            if (position != next) break;
            var wantsKey = (parts & MessageParts.Key) != 0;
            if (!into.HasRoomFor(rows.Length(2) + (wantsKey ? rows.Length(3) : 0)))
            {
                missing = false;
                break;
            }

            into.Add(Read(rows, position, wantsKey));
            next = position + 1;
        }

        return next;
    }

    private Message Read(Statement rows, long position, bool wantsKey)
    {
        var timestamp = rows.Timestamp(1);
        LastTimestamp = timestamp;
        var message = new Message { Position = new Position(position), Body = Copy(rows, 2) };
        if (wantsKey) message.Key = Copy(rows, 3);
        if ((parts & MessageParts.Timestamp) != 0) message.TimestampMilliseconds = timestamp;
        if ((parts & MessageParts.Headers) != 0 && !rows.IsNull(4)) message.Headers = HeaderBytes.Unpack(rows.Blob(4)) ?? throw rows.Impossible(4);
        return message;
    }

    private Bytes Copy(Statement rows, int column)
    {
        var span = rows.Blob(column);
        if (span.IsEmpty) return rows.IsNull(column) ? Bytes.Null : Bytes.Of((byte[])[]);
        if (span.Length > LargestInChunk) return Bytes.Of(span.ToArray());
        if (chunk.Length - used < span.Length)
        {
            chunk = GC.AllocateUninitializedArray<byte>(ChunkSize);
            used = 0;
        }

        var slice = chunk.AsMemory(used, span.Length);
        span.CopyTo(slice.Span);
        used += span.Length;
        return Bytes.Of(slice);
    }
}
