using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Microsoft.Extensions.Logging;

namespace Handlers.Kinesis;

/// <summary>Reads a shard by GetRecords.</summary>
/// <remarks>
/// Whenever an iterator is asked for anew it stands at the last record that was read, never after it: a position may lie within an aggregate, and the
/// rest of that one would be lost. What comes again is dropped. Used by the lane's one reader; <see cref="State"/> by anyone.
/// </remarks>
internal sealed class ShardReader : IShardReader
{
    /// <summary>How far this machine's clock may be off the service's, which refuses signatures beyond it.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(15);
    private static readonly TimeSpan BeforeAskingAgain = TimeSpan.FromSeconds(1);

    private readonly KinesisCalls calls;
    private readonly KinesisStreams streams;
    private readonly ShardToRead shard;
    private readonly KinesisLostPosition onLostPosition;
    private readonly FetchPace pace;
    private readonly FetchedRecords fetched;
    private readonly Lock gate = new();
    private LaneState state;          // guarded by gate
    private LeaseCheckpoint from;     // where it begins, while nothing was read
    private bool isNew;
    private DateTimeOffset? opened;   // when the first iterator at the latest was taken
    private string? iterator;
    private string? expected;         // the sequence number that the next record read must have: the iterator stands at it
    private List<ChildShard>? ending; // the last answer said that the shard ends, with these; not confirmed yet
    private bool hasEnded;
    private long told;                // replayed records that the log knows of

    public ShardReader(KinesisCalls calls, KinesisStreams streams, ShardToRead shard, KinesisOptions options)
    {
        if (shard.From.Kind is CheckpointKind.None or CheckpointKind.End) throw new ArgumentException($"Shard '{shard.Shard}' of stream '{shard.Stream}' has nothing to read at {shard.From}.", nameof(shard));
        (this.calls, this.streams, this.shard) = (calls, streams, shard);
        onLostPosition = options.OnLostPosition;
        pace = new FetchPace(options.FetchInterval, calls.Time);
        fetched = new FetchedRecords(shard.Parts);
        Begin(shard.From, shard.IsNew);
    }

    public LaneState State
    {
        get
        {
            lock (gate) return state;
        }
    }

    public long Replayed => fetched.Replayed;

    public IReadOnlyList<Shard> Children { get; private set; } = [];

    private ILogger Log => calls.Log;

    private string At => fetched.LastRead?.ToString() ?? from.ToString();

    public async ValueTask<ShardRead> OpenAsync(CancellationToken stop)
    {
        if (hasEnded || iterator is not null) return ShardRead.Nothing;
        try
        {
            iterator = await IteratorAsync(stop);
            return ShardRead.Nothing;
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Invalid) && fetched.LastRead is not null)
        {
            return StartOver(e);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            if (await IsRemovedAsync(stop)) return ShardRead.Nothing;
            // The shard is there, so it is the position that is not.
            if (fetched.LastRead is null) throw;
            return StartOver(e);
        }
    }

    public bool TryTake(MessageBatch into)
    {
        if (!fetched.HasMore) return false;
        var any = fetched.TryTake(into);
        if (any) Moved(fetched.LastRead);
        if (!fetched.HasMore && fetched.Replayed > told)
        {
            KinesisReadLogs.Replayed(Log, shard.Stream, shard.Shard, fetched.Replayed - told);
            told = fetched.Replayed;
        }

        return any;
    }

    public async ValueTask<ShardRead> FetchAsync(int limit, CancellationToken stop)
    {
        if (fetched.HasMore) return ShardRead.Records;
        if (hasEnded || (ending is not null && await HasEndedAsync(stop))) return ShardRead.End;
        await pace.WaitAsync(stop);
        try
        {
            if (await OpenAsync(stop) == ShardRead.StartedOver) return ShardRead.StartedOver;
            if (hasEnded) return ShardRead.End;
            pace.Called();
            return Accept(await calls.RecordsAsync(shard.Stream, shard.Shard, iterator!, limit, stop));
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.ExpiredIterator))
        {
            KinesisReadLogs.IteratorExpired(Log, shard.Stream, shard.Shard, At);
            iterator = null;
            return ShardRead.Nothing;
        }
        catch (TransportException e) when (iterator is not null && e.Is(KinesisErrorKind.Missing))
        {
            if (!await IsRemovedAsync(stop)) throw;
            return ShardRead.End;
        }
    }

    public ValueTask DisposeAsync() => default;

    private void Begin(LeaseCheckpoint at, bool isNew)
    {
        from = at.Kind == CheckpointKind.Time && at.Time is null ? TimeOf(shard.Start) : at;
        this.isNew = isNew;
        fetched.StartAfter(from.Kind == CheckpointKind.After ? from.Handled : null);
        fetched.NotBefore = from.Kind == CheckpointKind.Time ? from.Time : null;
        (iterator, expected, opened) = (null, null, null);
    }

    /// <summary>A lease of the Kinesis Client Library says that it begins at a time, and its application's settings say at which.</summary>
    private LeaseCheckpoint TimeOf(LeaseCheckpoint start) => start is { Kind: CheckpointKind.Time, Time: not null } ? start : throw new TransportException(
        $"The lease of shard '{shard.Shard}' of stream '{shard.Stream}' says that it begins at a time, which it does not hold. Set Start to Time and StartAt to that time.");

    private async ValueTask<string> IteratorAsync(CancellationToken stop)
    {
        if (fetched.LastRead is { Sequence: { } sequence })
        {
            var at = await calls.IteratorAsync(shard.Stream, shard.Shard, ShardIteratorType.AT_SEQUENCE_NUMBER, sequence, null, stop);
            expected = sequence;
            return at;
        }

        return from.Kind switch
        {
            CheckpointKind.Time => await AtTimeAsync(from.Time!.Value, stop),
            // The end as it is now is only right at the very first: later, what was published since would be passed over.
            CheckpointKind.Latest when opened is null && (isNew || from.Time is null) => await AtLatestAsync(stop),
            CheckpointKind.Latest => await AtTimeAsync((from.Time ?? opened)!.Value, stop),
            _ => await calls.IteratorAsync(shard.Stream, shard.Shard, ShardIteratorType.TRIM_HORIZON, null, null, stop),
        };
    }

    private async ValueTask<string> AtLatestAsync(CancellationToken stop)
    {
        var now = calls.Time.GetUtcNow();
        var latest = await calls.IteratorAsync(shard.Stream, shard.Shard, ShardIteratorType.LATEST, null, null, stop);
        opened = now;
        return latest;
    }

    private async ValueTask<string> AtTimeAsync(DateTimeOffset time, CancellationToken stop)
    {
        try
        {
            return await calls.IteratorAsync(shard.Stream, shard.Shard, ShardIteratorType.AT_TIMESTAMP, null, time, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Invalid) && time > calls.Time.GetUtcNow() - LargestSkew)
        {
            // The service refuses a time that has not come by its own clock: nothing is there yet of what was asked for.
            return await calls.IteratorAsync(shard.Stream, shard.Shard, ShardIteratorType.LATEST, null, null, stop);
        }
    }

    private ShardRead Accept(GetRecordsResponse answer)
    {
        var records = answer.Records ?? [];
        pace.Got(records.Sum(static r => (r.Data?.Length ?? 0) + (r.PartitionKey?.Length ?? 0)));
        Expect(records, answer.MillisBehindLatest);
        fetched.Add(records);
        lock (gate) state = state with { LagTime = answer.MillisBehindLatest is { } behind ? TimeSpan.FromMilliseconds(behind) : null };
        // The iterator stays while the end is not confirmed: what it brings again is dropped.
        if (string.IsNullOrEmpty(answer.NextShardIterator)) ending = answer.ChildShards ?? [];
        else iterator = answer.NextShardIterator;
        return records.Count > 0 ? ShardRead.Records : ShardRead.Nothing;
    }

    /// <summary>Where the iterator stood at a record, that is the first to come; another means that retention was quicker.</summary>
    private void Expect(List<Record> records, long? behind)
    {
        if (expected is null || (records.Count == 0 && behind != 0)) return;
        if (records.Count == 0) KinesisReadLogs.PositionRemovedWithAll(Log, shard.Stream, shard.Shard, At);
        else if (new Position(records[0].SequenceNumber, 0) > new Position(expected, 0))
            KinesisReadLogs.PositionRemoved(Log, shard.Stream, shard.Shard, At, records[0].SequenceNumber);
        expected = null;
    }

    /// <summary>An end is one when there are shards in its place. Otherwise it is not, and is asked for again.</summary>
    private async ValueTask<bool> HasEndedAsync(CancellationToken stop)
    {
        var children = ending!.Count > 0 ? [.. ending.Select(KinesisStreams.Of)] : await ListedChildrenAsync(stop);
        ending = null;
        if (children.Count == 0)
        {
            KinesisReadLogs.EndWithoutChildren(Log, shard.Stream, shard.Shard);
            await Task.Delay(BeforeAskingAgain, calls.Time, stop);
            return false;
        }

        Ended(children);
        return true;
    }

    private async ValueTask<List<Shard>> ListedChildrenAsync(CancellationToken stop) =>
        [.. (await streams.ShardsAsync(shard.Stream, stop)).Where(s => s.Parents.Contains(shard.Shard))];

    /// <summary>A shard that is closed is removed when its last record is. Its stream must be there, or it is no end.</summary>
    private async ValueTask<bool> IsRemovedAsync(CancellationToken stop)
    {
        IReadOnlyList<Shard> shards;
        try
        {
            shards = await streams.ShardsAsync(shard.Stream, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            throw await streams.MissingAsync(shard.Stream, e, stop);
        }

        if (shards.Any(s => s.Id == shard.Shard)) return false;
        KinesisReadLogs.ShardRemoved(Log, shard.Stream, shard.Shard, At);
        Ended([.. shards.Where(s => s.Parents.Contains(shard.Shard))]);
        return true;
    }

    private void Ended(List<Shard> children)
    {
        Children = children;
        hasEnded = true;
        lock (gate) state = state with { LagTime = TimeSpan.Zero };
    }

    private ShardRead StartOver(TransportException e)
    {
        var refused = fetched.LastRead!.Value;
        if (onLostPosition == KinesisLostPosition.Fail) throw new TransportException(
            $"The service refuses position {refused} in shard '{shard.Shard}' of stream '{shard.Stream}': it is of another shard, or the stream was made anew. Remove the checkpoint, or set OnLostPosition to StartOver to begin at {shard.Start}. {e.InnerException?.Message}", e.InnerException)
            {
                IsRefused = true,
            };
        KinesisReadLogs.StartedOver(Log, shard.Stream, shard.Shard, refused.ToString(), shard.Start.ToString(), e.InnerException?.Message ?? "");
        Begin(shard.Start, isNew: true);
        Moved(null);
        return ShardRead.StartedOver;
    }

    private void Moved(Position? last)
    {
        lock (gate) state = state with { LastRead = last };
    }
}
