using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>
/// How far a shard is read, whichever way its records come: where reading begins and begins again, what of it is new, and whether the shard has ended.
/// </summary>
/// <remarks>
/// Whenever reading begins again it begins at the last record that was read, never after it: a position may lie within an aggregate, and the rest of that one
/// would be lost. What comes again is dropped. Used by the shard's one reader; <see cref="State"/> by anyone.
/// </remarks>
internal sealed class ShardProgress
{
    /// <summary>How far this machine's clock may be off the service's, which refuses signatures beyond it.</summary>
    private static readonly TimeSpan LargestSkew = TimeSpan.FromMinutes(15);

    private readonly KinesisCalls calls;
    private readonly KinesisStreams streams;
    private readonly KinesisLostPosition onLostPosition;
    private readonly FetchedRecords fetched;
    private readonly Lock gate = new();
    private LaneState state;        // guarded by gate
    private LeaseCheckpoint from;   // where it begins, while nothing was read
    private bool isNew;
    private TimeSpan? behind;       // how far the last record that was fetched is behind the shard's end
    private DateTimeOffset? opened; // when it was first opened at the latest
    private string? expected;       // the sequence number that the next record must have: it was opened at it
    private long told;              // replayed records that the log knows of

    public ShardProgress(KinesisCalls calls, KinesisStreams streams, ShardToRead shard, KinesisLostPosition onLostPosition)
    {
        if (shard.From.Kind is CheckpointKind.None or CheckpointKind.End) throw new ArgumentException($"Shard '{shard.Shard}' of stream '{shard.Stream}' has nothing to read at {shard.From}.", nameof(shard));
        (this.calls, this.streams, this.onLostPosition, Shard) = (calls, streams, onLostPosition, shard);
        fetched = new FetchedRecords(shard.Parts);
        Begin(shard.From, shard.IsNew);
    }

    public ShardToRead Shard { get; }

    public LaneState State
    {
        get
        {
            lock (gate) return state;
        }
    }

    public long Replayed => fetched.Replayed;

    public bool HasMore => fetched.HasMore;

    public bool HasEnded { get; private set; }

    public IReadOnlyList<Shard> Children { get; private set; } = [];

    /// <summary>For logs.</summary>
    public string At => fetched.LastRead?.ToString() ?? from.ToString();

    public bool TryTake(MessageBatch into)
    {
        if (!fetched.HasMore) return false;
        var any = fetched.TryTake(into);
        if (any) Moved(fetched.LastRead);
        else Measured();
        if (!fetched.HasMore && fetched.Replayed > told)
        {
            KinesisLogs.Replayed(calls.Log, Shard.Stream, Shard.Shard, fetched.Replayed - told);
            calls.WereReplayed(fetched.Replayed - told);
            told = fetched.Replayed;
        }

        return any;
    }

    /// <summary>
    /// Opens the shard where reading stands. <see cref="ShardRead.Nothing"/>: it is open, or has ended; <see cref="ShardRead.StartedOver"/>: it is not, and the
    /// next time it is opened where the group begins.
    /// </summary>
    public async ValueTask<ShardRead> OpenAsync(Func<StartingPoint, CancellationToken, ValueTask> open, CancellationToken stop)
    {
        var at = Next();
        var now = calls.Time.GetUtcNow();
        try
        {
            await open(at, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Invalid) && at.Time > now - LargestSkew)
        {
            // The service refuses a time that has not come by its own clock: nothing is there yet of what was asked for.
            if (at.Time <= now) KinesisLogs.ClockAhead(calls.Log, Shard.Stream, Shard.Shard, at.Time.Value);
            await open(StartingPoint.Latest, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Invalid) && at.Sequence is not null)
        {
            return StartOver(e);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            if (await IsRemovedAsync(stop)) return ShardRead.Nothing;
            // The shard is there, so it is the position that is not.
            if (at.Sequence is null) throw;
            return StartOver(e);
        }

        expected = at.Sequence;
        if (at == StartingPoint.Latest) opened ??= now;
        return ShardRead.Nothing;
    }

    /// <summary>Takes an answer's records. The ones before must have been taken.</summary>
    public ShardRead Accept(List<Record> records, long? behind)
    {
        Expect(records, behind);
        fetched.Add(records);
        this.behind = behind is { } b ? TimeSpan.FromMilliseconds(b) : null;
        Measured();
        return records.Count > 0 ? ShardRead.Records : ShardRead.Nothing;
    }

    /// <summary>The answer said that the shard ends, with these in its place. False: that there are any cannot be confirmed, so it is no end.</summary>
    public async ValueTask<bool> HasEndedAsync(List<ChildShard> children, CancellationToken stop)
    {
        var shards = children.Count > 0 ? [.. children.Select(KinesisStreams.Of)] : ChildrenIn(await streams.ShardsAsync(Shard.Stream, true, stop));
        if (shards.Count == 0)
        {
            KinesisLogs.EndWithoutChildren(calls.Log, Shard.Stream, Shard.Shard);
            return false;
        }

        Ended(shards);
        return true;
    }

    /// <summary>Something is said to be missing. A shard that is closed is removed with its last record; its stream must be there, or it is no end.</summary>
    public async ValueTask<bool> IsRemovedAsync(CancellationToken stop)
    {
        IReadOnlyList<Shard> shards;
        try
        {
            shards = await streams.ShardsAsync(Shard.Stream, true, stop);
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Missing))
        {
            throw await streams.MissingAsync(Shard.Stream, e, stop);
        }

        if (shards.Any(s => s.Id == Shard.Shard)) return false;
        KinesisLogs.ShardRemovedUnread(calls.Log, Shard.Stream, Shard.Shard, At);
        Ended(ChildrenIn(shards));
        return true;
    }

    private void Begin(LeaseCheckpoint at, bool isNew)
    {
        from = at.Kind == CheckpointKind.Time && at.Time is null ? TimeOf(Shard.Start) : at;
        this.isNew = isNew;
        fetched.StartAfter(from.Kind == CheckpointKind.After ? from.Handled : null);
        fetched.NotBefore = from.Kind == CheckpointKind.Time ? from.Time : null;
        (expected, opened) = (null, null);
    }

    /// <summary>A lease of the Kinesis Client Library says that it begins at a time, and its application's settings say at which.</summary>
    private LeaseCheckpoint TimeOf(LeaseCheckpoint start) => start is { Kind: CheckpointKind.Time, Time: not null } ? start : throw new TransportException(
        $"The lease of shard '{Shard.Shard}' of stream '{Shard.Stream}' says that it begins at a time, which it does not hold. Set Start to Time and StartAt to that time.");

    private StartingPoint Next()
    {
        if (fetched.LastRead is { Sequence: { } sequence }) return new StartingPoint(ShardIteratorType.AT_SEQUENCE_NUMBER, sequence, null);
        if (from.Kind == CheckpointKind.Horizon) return new StartingPoint(ShardIteratorType.TRIM_HORIZON, null, null);
        if (from.Kind == CheckpointKind.Time) return StartingPoint.AtTime(from.Time!.Value);
        // The end as it is now is only right at the very first: later, what was published since would be passed over.
        return opened is null && (isNew || from.Time is null) ? StartingPoint.Latest : StartingPoint.AtTime((from.Time ?? opened)!.Value);
    }

    /// <summary>Opened at a record, that is the first to come; another means that retention was quicker.</summary>
    private void Expect(List<Record> records, long? behind)
    {
        if (expected is null || (records.Count == 0 && behind != 0)) return;
        if (records.Count == 0) KinesisLogs.PositionRemovedWithAll(calls.Log, Shard.Stream, Shard.Shard, At);
        else if (new Position(records[0].SequenceNumber, 0) > new Position(expected, 0))
            KinesisLogs.PositionRemoved(calls.Log, Shard.Stream, Shard.Shard, At, records[0].SequenceNumber);
        expected = null;
    }

    private List<Shard> ChildrenIn(IReadOnlyList<Shard> shards) => [.. shards.Where(s => s.Parents.Contains(Shard.Shard))];

    private void Ended(List<Shard> children)
    {
        Children = children;
        HasEnded = true;
        behind = TimeSpan.Zero;
        Measured();
    }

    private ShardRead StartOver(TransportException e)
    {
        var refused = fetched.LastRead!.Value;
        if (onLostPosition == KinesisLostPosition.Fail) throw Refused(refused, e);
        KinesisLogs.StartedOver(calls.Log, Shard.Stream, Shard.Shard, refused.ToString(), Shard.Start.ToString(), e.InnerException?.Message ?? "");
        Begin(Shard.Start, isNew: true);
        Moved(null);
        return ShardRead.StartedOver;
    }

    private TransportException Refused(Position position, TransportException e)
    {
        var text = $"The service refuses position {position} in shard '{Shard.Shard}' of stream '{Shard.Stream}': it is of another shard, or the stream was made anew. Remove the checkpoint, or set OnLostPosition to StartOver to begin at {Shard.Start}. {e.InnerException?.Message}";
        return new TransportException(text, e.InnerException) { IsRefused = true, Kind = TransportErrorKind.Positions };
    }

    private void Moved(Position? last)
    {
        lock (gate) state = new LaneState(last, null, Lag());
    }

    private void Measured()
    {
        lock (gate) state = state with { LagTime = Lag() };
    }

    /// <summary>What was fetched and is not handed out counts too: until it is, nobody may take the lane for read to its end.</summary>
    private TimeSpan? Lag() => fetched.HasMore ? fetched.AtHand + (behind ?? TimeSpan.Zero) : behind;
}

/// <summary>Where a shard is opened, as the service takes it.</summary>
internal readonly record struct StartingPoint(ShardIteratorType Type, string? Sequence, DateTimeOffset? Time)
{
    public static StartingPoint Latest { get; } = new(ShardIteratorType.LATEST, null, null);

    public static StartingPoint AtTime(DateTimeOffset time) => new(ShardIteratorType.AT_TIMESTAMP, null, time);
}
