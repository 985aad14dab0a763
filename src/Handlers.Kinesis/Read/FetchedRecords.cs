using System.Text;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>
/// The records of one answer, from which batches are filled: aggregates become their user records, and what is at or before the last position
/// that was read is dropped. Keeps what did not fit. Used by the shard's one reader.
/// </summary>
internal sealed class FetchedRecords(MessageParts parts)
{
    private static readonly TimeSpan Least = TimeSpan.FromMilliseconds(1);

    private List<Record> records = [];
    private int index;
    private Aggregate? aggregate; // the record at index, opened
    private UserRecord waiting;   // of the aggregate, where it did not fit
    private bool isWaiting;

    /// <summary>Everything at or before it is handled or handed out. Null: nothing was yet.</summary>
    public Position? LastRead { get; private set; }

    /// <summary>User records that were dropped because they came again; a whole record where all of it did.</summary>
    public long Replayed { get; private set; }

    /// <summary>Records that arrived before it are not asked for. Null once one was, since arrival times go on from there.</summary>
    public DateTimeOffset? NotBefore { get; set; }

    public bool HasMore => index < records.Count;

    /// <summary>From the next record to be handed out to the last that is at hand, by when the service took them in; at least 1 ms. Only where there are any.</summary>
    public TimeSpan AtHand => ArrivalOf(records[^1]) - ArrivalOf(records[index]) is { } time && time > Least ? time : Least;

    /// <summary>Where reading begins.</summary>
    public void StartAfter(Position? handled) => LastRead = handled;

    public void Add(List<Record> fetched)
    {
        records = fetched;
        index = 0;
    }

    /// <summary>False: nothing of what is left is new, and nothing is left then.</summary>
    public bool TryTake(MessageBatch into)
    {
        while (HasMore)
        {
            if (!(aggregate is null ? TakeRecord(into, records[index]) : TakeUserRecords(into, records[index]))) return into.Count > 0;
        }

        records = [];
        index = 0;
        return into.Count > 0;
    }

    /// <summary>When the service took it in; null where it does not tell.</summary>
    public static DateTimeOffset? ArrivalOf(Record record) => record.ApproximateArrivalTimestamp is not { } time ? null
        : new DateTimeOffset(time.Kind == DateTimeKind.Unspecified ? DateTime.SpecifyKind(time, DateTimeKind.Utc) : time.ToUniversalTime());

    /// <summary>False: it does not fit.</summary>
    private bool TakeRecord(MessageBatch into, Record record)
    {
        if (NotBefore is { } from && ArrivalOf(record) < from)
        {
            LastRead = new Position(record.SequenceNumber, long.MaxValue);
            index++;
            return true;
        }

        NotBefore = null;
        if (LastRead >= new Position(record.SequenceNumber, long.MaxValue))
        {
            Replayed++;
            index++;
            return true;
        }

        var data = DataOf(record.Data);
        aggregate = Aggregate.Of(data);
        if (aggregate is not null) return true;
        var position = new Position(record.SequenceNumber, 0);
        if (LastRead >= position)
        {
            Replayed++;
            index++;
            return true;
        }

        var key = (parts & MessageParts.Key) == 0 ? Bytes.Null : Bytes.Of(Encoding.UTF8.GetBytes(record.PartitionKey ?? ""));
        if (!into.HasRoomFor(key.Length + data.Length)) return false;
        Hand(into, record, position, key, Bytes.Of(data), null);
        index++;
        return true;
    }

    private bool TakeUserRecords(MessageBatch into, Record record)
    {
        while (isWaiting || aggregate!.TryNext(out waiting))
        {
            isWaiting = true;
            var position = new Position(record.SequenceNumber, waiting.Index);
            if (LastRead >= position)
            {
                Replayed++;
            }
            else
            {
                var key = (parts & MessageParts.Key) == 0 ? Bytes.Null : Bytes.Of(waiting.PartitionKey);
                if (!into.HasRoomFor(key.Length + waiting.Data.Length)) return false;
                Hand(into, record, position, key, Bytes.Of(waiting.Data), (parts & MessageParts.Headers) == 0 ? null : waiting.Tags());
            }

            isWaiting = false;
        }

        aggregate = null;
        waiting = default;
        index++;
        return true;
    }

    private void Hand(MessageBatch into, Record record, Position position, Bytes key, Bytes body, Headers? headers)
    {
        var message = new Message { Position = position, Key = key, Body = body, Headers = headers };
        if ((parts & MessageParts.Timestamp) != 0) message.TimestampMilliseconds = ArrivalOf(record)?.ToUnixTimeMilliseconds() ?? 0;
        into.Add(message);
        LastRead = position;
    }

    // A body is never null here, and may be empty. Where the SDK's stream does not show its array, one copy is the price.
    private static ReadOnlyMemory<byte> DataOf(MemoryStream? data) =>
        data is null ? ReadOnlyMemory<byte>.Empty : data.TryGetBuffer(out var bytes) ? bytes.AsMemory() : data.ToArray();
}
