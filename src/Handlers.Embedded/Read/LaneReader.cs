using System.Globalization;

namespace Handlers.Embedded;

/// <summary>How far a lane has been read, and the reading of what comes next.</summary>
/// <remarks>Used by the lane's one reader, and by seeks, which never run beside a read; <see cref="State"/> by anyone.</remarks>
internal sealed class LaneReader
{
    private readonly EmbeddedSubscription subscription;
    private readonly EmbeddedLane lane;
    private readonly PartitionEnd end;
    private readonly MessageReader messages;
    private readonly Lock gate = new();
    private long behind; // the last position that was read, or begun after
    private long? lastRead;
    private long? lastTimestamp;

    public LaneReader(EmbeddedSubscription subscription, EmbeddedLane lane, PartitionEnd end, long handled, MessageParts reads)
    {
        this.subscription = subscription;
        this.lane = lane;
        this.end = end;
        behind = handled;
        messages = new MessageReader(lane.Partition, reads);
    }

    /// <summary>From what is known here: nothing is asked from the file.</summary>
    public LaneState State
    {
        get
        {
            lock (gate)
            {
                var lag = Math.Max(0, end.Next - 1 - behind);
                TimeSpan? lagTime = lag == 0 ? TimeSpan.Zero
                    : end.Newest is { } newest && lastTimestamp is { } last ? TimeSpan.FromMilliseconds(Math.Max(0, newest - last)) : null;
                return new LaneState(lastRead is { } position ? new Position(position) : null, lag, lagTime);
            }
        }
    }

    /// <summary>Adds what is at hand. False: nothing is.</summary>
    public bool TryRead(MessageBatch into)
    {
        if (end.Next - 1 <= behind) return false;
        var database = subscription.Readers.Rent();
        try
        {
            Read(database, into);
        }
        catch
        {
            // Its statement may be in the middle of a row, or its file be damaged.
            database.Dispose();
            throw;
        }

        subscription.Readers.Return(database);
        return into.Count > 0;
    }

    /// <summary>After a seek.</summary>
    public void MovedTo(long handled)
    {
        lock (gate)
        {
            behind = handled;
            lastRead = null;
            lastTimestamp = null;
        }
    }

    private void Read(Database database, MessageBatch into)
    {
        do
        {
            var next = messages.Read(database, behind + 1, into, out var missing);
            if (next > behind + 1)
            {
                Moved(next - 1);
                return;
            }

            if (!missing || !StepOverDeleted(database)) return;
        }
        while (true);
    }

    private void Moved(long last)
    {
        lock (gate)
        {
            behind = last;
            lastRead = last;
            lastTimestamp = messages.LastTimestamp;
        }

        end.Advance(last + 1, messages.LastTimestamp);
    }

    /// <summary>True where retention deleted what was to be read next and the lane may go on after it.</summary>
    private bool StepOverDeleted(Database database)
    {
        var (first, next) = Starts.Bounds(database, lane.Partition);
        // Its end was known before the read began, so the message was in the file.
        if (first - 1 <= behind) throw Damaged();
        if (subscription.OnLostPosition == LostPosition.Fail) throw LostPositionError(first);
        EmbeddedLogs.PositionLost(subscription.Log, subscription.Group, lane.Id, behind + 1, first);
        lock (gate) behind = first - 1;
        return next > first;
    }

    private TransportException LostPositionError(long first) => new(string.Create(CultureInfo.InvariantCulture,
        $"Group '{subscription.Group}' has not handled position {behind + 1} of lane {lane.Id}, and retention has deleted it: the earliest left is {first}, {first - behind - 1} messages are gone. Set OnLostPosition to Earliest to go on from there, or move the position. The log is '{subscription.Path}'."));

    private TransportException Damaged() => DatabaseErrors.Damaged(subscription.Path, string.Create(CultureInfo.InvariantCulture,
        $"lane {lane.Id} lacks the message at position {behind + 1}, which no retention deleted"));
}
