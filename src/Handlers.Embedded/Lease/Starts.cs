using System.Globalization;

namespace Handlers.Embedded;

/// <summary>A start to a position: the last position that counts as handled.</summary>
internal static class Starts
{
    public static long Resolve(Database database, LaneId lane, long partition, StartPosition start)
    {
        var (first, next) = Bounds(database, partition);
        if (start.After is { } after)
        {
            if (after.Sequence is not null || after.Number < 0 || after.Number >= next)
                throw new TransportException(string.Create(CultureInfo.InvariantCulture,
                    $"Lane {lane} has no position {after}: it ends at {next - 1}."))
                { IsRefused = true, Kind = TransportErrorKind.Positions };
            return after.Number;
        }

        return start.From switch
        {
            StartFrom.Latest => next - 1,
            StartFrom.Time => BeforeTime(database, partition, start.Time, next),
            _ => first - 1,
        };
    }

    /// <summary>The first position that is kept, and the position of the next message.</summary>
    public static (long First, long Next) Bounds(Database database, long partition)
    {
        using var row = database.Prepare("SELECT first, next FROM partitions WHERE id = ?1").Bind(1, partition);
        row.Step();
        var (first, next) = (row.Position(0), row.Position(1));
        return first >= 1 && next >= first ? (first, next) : throw row.Impossible(0);
    }

    // Timestamps may come in any order, so the first one that is late enough is looked for from the beginning.
    private static long BeforeTime(Database database, long partition, DateTimeOffset from, long next)
    {
        using var row = database.Prepare("SELECT id FROM messages WHERE id >= ?1 AND id < ?2 AND timestamp >= ?3 ORDER BY id LIMIT 1")
            .Bind(1, Schema.MessageId(partition, 0)).Bind(2, Schema.MessageId(partition + 1, 0)).Bind(3, CeilingMilliseconds(from));
        return (row.Step() ? Schema.PositionOf(row.Long(0)) : next) - 1;
    }

    private static long CeilingMilliseconds(DateTimeOffset time)
    {
        var floor = time.ToUnixTimeMilliseconds();
        return DateTimeOffset.FromUnixTimeMilliseconds(floor) < time ? floor + 1 : floor;
    }
}
