using Amazon.Kinesis;
using Amazon.Kinesis.Model;

namespace Handlers.Kinesis;

/// <summary>
/// Reads a shard by SubscribeToShard: events come by themselves, and are held back by not being read. A subscription lives for five minutes; the next goes on
/// behind what the last event said. Used by the lane's one reader; <see cref="State"/> by anyone.
/// </summary>
/// <param name="calls">The service.</param>
/// <param name="streams">For the shards that come of it.</param>
/// <param name="shard">What is read.</param>
/// <param name="onLostPosition">What becomes of a position that is refused.</param>
/// <param name="subscribe">Subscribes the group's consumer.</param>
internal sealed class FanOutReader(
    KinesisCalls calls, KinesisStreams streams, ShardToRead shard, KinesisLostPosition onLostPosition, Func<StartingPoint, CancellationToken, ValueTask<ShardEvents>> subscribe) : IShardReader
{
    /// <summary>The service ends a subscription after five minutes; it is renewed before, between two events.</summary>
    private static readonly TimeSpan Life = TimeSpan.FromSeconds(290);

    /// <summary>Events come every few seconds, empty ones too. None for so long: the connection is dead.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(35);

    private static readonly TimeSpan BeforeAskingAgain = TimeSpan.FromSeconds(1);

    /// <summary>The service gives a consumer to who asks five seconds after it was last subscribed: this is how much later that may be.</summary>
    private static readonly TimeSpan LongestBusy = TimeSpan.FromSeconds(1);

    private readonly ShardProgress progress = new(calls, streams, shard, onLostPosition);
    private ShardEvents? events;      // the subscription; null: to be made
    private long subscribed;
    private string? continuation;     // everything up to it was received
    private List<ChildShard>? ending; // the last event said that the shard ends, with these; not confirmed yet
    private CallTries? tries;         // since the last event

    public LaneState State => progress.State;

    public long Replayed => progress.Replayed;

    public IReadOnlyList<Shard> Children => progress.Children;

    public bool TryTake(MessageBatch into) => progress.TryTake(into);

    public async ValueTask<ShardRead> OpenAsync(CancellationToken stop)
    {
        while (true)
        {
            try
            {
                return await OpenOnceAsync(stop);
            }
            catch (TransportException e) when (e.Is(KinesisErrorKind.InUse))
            {
                await FailedAsync(e, stop); // waits
            }
        }
    }

    /// <param name="limit">Not asked for: the service sends what it sends, up to its own limit of an event.</param>
    /// <param name="stop">Gives up.</param>
    public async ValueTask<ShardRead> FetchAsync(int limit, CancellationToken stop)
    {
        if (progress.HasMore) return ShardRead.Records;
        if (progress.HasEnded || (ending is not null && await HasEndedAsync(stop))) return ShardRead.End;
        if (events is not null && continuation is not null && calls.Time.GetElapsedTime(subscribed) >= Life) await CloseAsync();
        try
        {
            if (await OpenOnceAsync(stop) == ShardRead.StartedOver) return ShardRead.StartedOver;
            if (progress.HasEnded) return ShardRead.End;
            if (await events!.NextAsync(Patience, calls.Time, stop) is { } next) return Accept(next);
            await CloseAsync();
            return ShardRead.Nothing;
        }
        catch (Exception e) when (e is not OperationCanceledException || !stop.IsCancellationRequested)
        {
            await CloseAsync();
            return await FailedAsync(e, stop);
        }
    }

    public ValueTask DisposeAsync() => CloseAsync();

    private async ValueTask<ShardRead> OpenOnceAsync(CancellationToken stop)
    {
        if (events is not null || progress.HasEnded) return ShardRead.Nothing;
        if (continuation is null) return await progress.OpenAsync(SubscribeAsync, stop);
        try
        {
            await SubscribeAsync(new StartingPoint(ShardIteratorType.AFTER_SEQUENCE_NUMBER, continuation, null), stop);
            return ShardRead.Nothing;
        }
        catch (TransportException e) when (e.Is(KinesisErrorKind.Invalid) || e.Is(KinesisErrorKind.Missing))
        {
            // At the last record that was read, then.
            continuation = null;
            return await progress.OpenAsync(SubscribeAsync, stop);
        }
    }

    private async ValueTask SubscribeAsync(StartingPoint at, CancellationToken stop)
    {
        events = await subscribe(at, stop);
        subscribed = calls.Time.GetTimestamp();
    }

    private ShardRead Accept(SubscribeToShardEvent next)
    {
        tries = null;
        if (string.IsNullOrEmpty(next.ContinuationSequenceNumber)) ending = next.ChildShards ?? [];
        else continuation = next.ContinuationSequenceNumber;
        return progress.Accept(next.Records ?? [], next.MillisBehindLatest);
    }

    /// <summary>A subscription that failed is made again, as a call is; one that somebody else has, for as long as it takes.</summary>
    private async ValueTask<ShardRead> FailedAsync(Exception e, CancellationToken stop)
    {
        // An error of the subscribing itself was tried again already, but for one: there is another subscription yet.
        var cause = e is TransportException { InnerException: { } inner } ? inner : e;
        var kind = calls.KindOf(cause);
        if (e is TransportException transport && kind != KinesisErrorKind.InUse) throw transport;
        if (kind == KinesisErrorKind.Missing)
        {
            if (await progress.IsRemovedAsync(stop)) return ShardRead.End;
            kind = KinesisErrorKind.Uncertain; // the consumer, then, which the next subscription registers anew
        }

        tries ??= calls.Tries(isPatient: true);
        if (!tries.MayRetry(kind == KinesisErrorKind.InUse ? KinesisErrorKind.Throttled : kind == KinesisErrorKind.Other ? KinesisErrorKind.Uncertain : kind))
            throw KinesisErrors.Of(e, new KinesisCall("SubscribeToShard", shard.Stream, shard.Shard, progress.At));
        if (kind != KinesisErrorKind.InUse) calls.Tell("SubscribeToShard", cause, tries);
        else if (tries.Made == 1) KinesisLogs.ConsumerBusy(calls.Log, shard.Stream, shard.Shard);
        await Task.Delay(kind == KinesisErrorKind.InUse && tries.Pause > LongestBusy ? LongestBusy : tries.Pause, calls.Time, stop);
        return ShardRead.Nothing;
    }

    private async ValueTask<bool> HasEndedAsync(CancellationToken stop)
    {
        await CloseAsync();
        if (await progress.HasEndedAsync(ending!, stop)) return true;
        ending = null;
        await Task.Delay(BeforeAskingAgain, calls.Time, stop);
        return false;
    }

    private async ValueTask CloseAsync()
    {
        var closing = events;
        events = null;
        if (closing is not null) await closing.DisposeAsync();
    }
}
