using System.Diagnostics.CodeAnalysis;

namespace Handlers.Kinesis;

/// <summary>
/// The leases of one stream of a subscription, and the lanes that come of them: one loop renews what is held, another one brings leases and shards
/// together and takes what is free.
/// </summary>
/// <remarks>Both loops begin with <see cref="Begin"/> and end with <see cref="CloseAsync"/>. What the table tells, and what callers ask, meet under <c>gate</c>.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Closed by CloseAsync.")]
internal sealed class StreamLeases : ILeaseListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly KinesisSubscription subscription;
    private readonly SubscribedTopic topic;
    private readonly LeaseTable table;
    private readonly LeaseRhythm rhythm;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private readonly Dictionary<HeldLease, KinesisLane> lanes = [];         // guarded by gate; yielded, or about to be
    private readonly Dictionary<HeldLease, DateTimeOffset> wanted = [];     // guarded by gate; told before there was a lane
    private readonly HashSet<string> created = new(StringComparer.Ordinal); // guarded by gate; shards whose leases this process made just now
    private TaskCompletionSource wake = NewSource();                        // guarded by gate
    private TaskCompletionSource<bool> round = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by gate; of those who ask for a look
    private DateTimeOffset? matchedAt;  // the match's under way, of which there is one
    private Task<LeaseMatched?>? matching; // the taking loop's alone
    private volatile bool matchWanted = true;
    private Task renewing = Task.CompletedTask;
    private Task taking = Task.CompletedTask;
    private long renewedAt = -1;

    public StreamLeases(KinesisSubscription subscription, SubscribedTopic topic, string stream, ILeaseStore store, LeaseRhythm rhythm)
    {
        this.subscription = subscription;
        this.topic = topic;
        this.rhythm = rhythm;
        Stream = stream;
        Store = store;
        From = Resolve(topic.Start);
        table = new LeaseTable(store, new LeaseTableOptions(rhythm.Worker, rhythm.LeaseTime, rhythm.HandOverTime, From), this, Time, Random.Shared.Next);
    }

    /// <summary>The stream's name at the service.</summary>
    public string Stream { get; }

    /// <summary>Where the leases are. The subscription's to dispose.</summary>
    public ILeaseStore Store { get; }

    /// <summary>Where the group begins.</summary>
    public LeaseCheckpoint From { get; }

    /// <summary>How long ago a round of renewals began; null: not yet, no more, or there is nobody to renew them for.</summary>
    public TimeSpan? RenewalAge => rhythm.IsShared && Volatile.Read(ref renewedAt) is >= 0 and var at && !closing.IsCancellationRequested ? Time.GetElapsedTime(at) : null;

    private KinesisTransport Transport => subscription.Transport;

    private TimeProvider Time => Transport.Time;

    /// <summary>Checks that the stream is there, or makes it, and the table of its leases.</summary>
    public async ValueTask PrepareAsync(CancellationToken stop)
    {
        await Transport.Streams.EnsureAsync(Stream, Transport.Options.CreateStreams, stop);
        if (Transport.Options.ShardId is { } only) _ = await ShardsAsync(only, stop);
        await table.PrepareAsync(stop);
        if ((Store is OneShard one ? one.Inner : Store) is DynamoLeaseStore { Leader: { } leader }) KinesisLogs.LeaderFound(subscription.Log, subscription.Group, Stream, leader);
    }

    /// <summary>Begins to take leases.</summary>
    public void Begin()
    {
        renewing = RunAsync(RenewAsync, "renewing leases", rhythm.RenewEvery, isWoken: false);
        taking = RunAsync(TakeAsync, "taking leases", rhythm.TakeEvery, isWoken: true);
    }

    /// <summary>Looks again at once: a lane has ended, or somebody asks.</summary>
    public void Wake(bool match)
    {
        if (match) matchWanted = true;
        lock (gate) wake.TrySetResult();
    }

    /// <summary>What a position, a time or an end is as a checkpoint.</summary>
    public LeaseCheckpoint Resolve(StartPosition to) => to switch
    {
        { After: { } position } => LeaseCheckpoint.After(position),
        { From: StartFrom.Earliest } => LeaseCheckpoint.Horizon,
        { From: StartFrom.Latest } => LeaseCheckpoint.Latest(Time.GetUtcNow()),
        { From: StartFrom.Time } => LeaseCheckpoint.At(to.Time),
        _ => Transport.Options.Start switch
        {
            StartFrom.Earliest => LeaseCheckpoint.Horizon,
            StartFrom.Time => LeaseCheckpoint.At(Transport.Options.StartAt!.Value),
            _ => LeaseCheckpoint.Latest(Time.GetUtcNow()),
        },
    };

    /// <summary>A reader at another place of a lane's shard. Refused where there is no such place.</summary>
    public async ValueTask<IShardReader> OpenAsync(HeldLease lease, LeaseCheckpoint from, CancellationToken stop)
    {
        var reader = Reader(lease.Shard, from, isNew: from.Kind == CheckpointKind.Latest);
        await OpenAsync(reader, stop);
        return reader;
    }

    /// <summary>Makes durable what a lane has handled. False: it is lost.</summary>
    public ValueTask<bool> CheckpointAsync(KinesisLane lane, Position handled, CancellationToken stop) => table.CheckpointAsync(lane.Lease, LeaseCheckpoint.After(handled), stop);

    /// <summary>Makes durable that a lane goes on elsewhere. False: it is lost.</summary>
    public ValueTask<bool> MoveAsync(KinesisLane lane, LeaseCheckpoint to, CancellationToken stop) => table.SeekAsync(lane.Lease, to, stop);

    /// <summary>Gives a lane's lease back, or writes its end and what came of it.</summary>
    public async ValueTask ReleaseAsync(KinesisLane lane, LaneEnd end)
    {
        try
        {
            if (end == LaneEnd.Finished) await FinishAsync(lane);
            else if (end != LaneEnd.Lost) await GiveBackAsync(lane.Lease);
        }
        finally
        {
            lock (gate) lanes.Remove(lane.Lease);
            Wake(match: end == LaneEnd.Finished);
        }
    }

    /// <summary>A round of both, as of now. False: a shard of this worker's is without a lane still.</summary>
    public Task<bool> LookAsync()
    {
        Task<bool> mine;
        lock (gate) mine = round.Task;
        Wake(match: true);
        return mine;
    }

    /// <summary>The lanes that are here.</summary>
    public IReadOnlyList<KinesisLane> Lanes
    {
        get
        {
            lock (gate) return [.. lanes.Values];
        }
    }

    /// <summary>Ends the loops, and gives back whatever is held, unless the process is to look as if it had ended.</summary>
    public async ValueTask CloseAsync(bool abandons)
    {
        await closing.CancelAsync();
        await renewing;
        await taking;
        if (matching is { } match) await ((Task)match).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        lock (gate) round.TrySetCanceled();
        foreach (var lane in Lanes)
        {
            if (abandons) await lane.AbandonAsync();
            else lane.Lose();
        }

        if (abandons) return;
        foreach (var lease in table.Held) await GiveBackAsync(lease);
        try
        {
            await table.LeaveAsync(CancellationToken.None);
        }
        catch (TransportException e)
        {
            KinesisLogs.LeaveFailed(subscription.Log, subscription.Group, Stream, e); // others find out when the lease time is over
        }
    }

    void ILeaseListener.Taken(HeldLease lease) => _ = YieldAsync(lease);

    void ILeaseListener.Wanted(HeldLease lease, DateTimeOffset deadline)
    {
        KinesisLane? lane;
        lock (gate)
        {
            if (!lanes.TryGetValue(lease, out lane)) wanted[lease] = deadline;
        }

        if (lane is not null) Revoke(lane, deadline);
    }

    void ILeaseListener.Lost(HeldLease lease, string why)
    {
        KinesisLane? lane;
        lock (gate) lanes.TryGetValue(lease, out lane);
        if (lane is null) return; // not yielded yet: whoever opens it will see
        KinesisLogs.LaneLost(subscription.Log, subscription.Group, lane.Id, why);
        lane.Lose();
    }

    /// <summary>Where that fails it is not held any more all the same, and others take it when the lease time is over.</summary>
    private async ValueTask GiveBackAsync(HeldLease lease)
    {
        try
        {
            await table.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (TransportException e)
        {
            KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"giving back shard {lease.Shard}", e.Message);
        }
    }

    private void Revoke(KinesisLane lane, DateTimeOffset deadline)
    {
        var own = Time.GetUtcNow() + subscription.RevokeBudget;
        if (own < deadline) deadline = own;
        if (!lane.Revoke(deadline)) return;
        KinesisLogs.LaneRevoked(subscription.Log, subscription.Group, lane.Id, deadline);
        _ = LoseLateAsync(lane, deadline);
    }

    /// <summary>What is not released in time is lost: the lease goes to who waits for it, and whatever the lane still does counts for nothing.</summary>
    private async Task LoseLateAsync(KinesisLane lane, DateTimeOffset deadline)
    {
        try
        {
            var left = deadline - Time.GetUtcNow();
            if (left > TimeSpan.Zero) await Task.Delay(left, Time, closing.Token);
            lock (gate)
                if (!lanes.ContainsKey(lane.Lease) || lane.Lease.IsOver) return;
            KinesisLogs.LaneLost(subscription.Log, subscription.Group, lane.Id, "it was not released in time");
            lane.Lose();
            await table.ReleaseAsync(lane.Lease, closing.Token);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
        catch (TransportException e)
        {
            KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"giving back shard {lane.Id}", e.Message); // the other one takes it when its patience ends
        }
    }

    private async Task YieldAsync(HeldLease lease)
    {
        try
        {
            var reader = await BeginAsync(lease);
            if (reader is null) return;
            var lane = new KinesisLane(subscription, this, lease, new LaneId(topic.Topic, lease.Shard, Transport.Epochs.Next()), reader);
            DateTimeOffset? deadline;
            lock (gate)
            {
                lanes.Add(lease, lane);
                deadline = wanted.Remove(lease, out var at) ? at : null;
            }

            KinesisLogs.LaneAssigned(subscription.Log, subscription.Group, lane.Id);
            if (lease.IsOver) lane.Lose();
            else if (deadline is { } by) Revoke(lane, by);
            if (!subscription.Yield(lane)) await lane.ReleaseAsync(LaneEnd.Stopped);
        }
        catch (OperationCanceledException) when (closing.IsCancellationRequested)
        {
        }
        catch (Exception e)
        {
            subscription.Fail(e);
        }
    }

    /// <summary>A reader that is where the shard's reading begins. Null: the lease is lost. What passes by itself is waited for, while the lease is held.</summary>
    private async ValueTask<IShardReader?> BeginAsync(HeldLease lease)
    {
        var from = lease.Begin;
        // The end as it is now is where the group begins, if nobody was there since that was said: this process, just now, in this lease, and its first reader.
        bool isNew;
        lock (gate) isNew = created.Remove(lease.Shard) && lease.IsFirst && from == From;
        while (true)
        {
            try
            {
                if (from is { Kind: CheckpointKind.Latest, Time: null })
                {
                    // Another program left it to each reader's start what that is. From now on it is one.
                    var said = LeaseCheckpoint.Latest(Time.GetUtcNow());
                    if (!await table.SeekAsync(lease, said, closing.Token)) return null;
                    (from, isNew) = (said, true);
                }

                var reader = Reader(lease.Shard, from, isNew);
                // From here on nothing is passed over: where the latest record is is known, as far as this process reads it.
                if (isNew && from.Kind == CheckpointKind.Latest) await OpenAsync(reader, closing.Token);
                return reader;
            }
            catch (TransportException e) when (e.IsTransient && !lease.IsOver)
            {
                KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"beginning to read shard {lease.Shard}", e.Message);
                await Task.Delay(Pause, Time, closing.Token);
            }
        }
    }

    private static async ValueTask OpenAsync(IShardReader reader, CancellationToken stop)
    {
        try
        {
            await reader.OpenAsync(stop);
        }
        catch
        {
            await reader.DisposeAsync();
            throw;
        }
    }

    private IShardReader Reader(string shard, LeaseCheckpoint from, bool isNew) =>
        Transport.Reader(subscription.Group, new ShardToRead(Stream, shard, from, topic.Reads) { IsNew = isNew, Start = From });

    /// <summary>Again and again, until it is written or the lease is lost: with the children's leases missing, nobody would read them.</summary>
    private async ValueTask FinishAsync(KinesisLane lane)
    {
        var only = Transport.Options.ShardId is not null;
        List<string> ids = [.. lane.Children.Select(static c => c.Id)]; // none where retention has removed the shard, with them
        var children = string.Join(", ", ids);
        while (true)
        {
            try
            {
                if (!await table.FinishAsync(lane.Lease, only ? [] : ids, stop => ShardsAsync(Transport.Options.ShardId, stop), closing.Token)) return;
                if (only) KinesisLogs.OnlyShardFinished(subscription.Log, subscription.Group, lane.Id, nameof(KinesisOptions.ShardId), children);
                else KinesisLogs.LaneFinished(subscription.Log, subscription.Group, lane.Id, children);
                return;
            }
            catch (TransportException e) when (e.IsTransient)
            {
                KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"writing the end of shard {lane.Id}", e.Message);
                await Task.Delay(Pause, Time, closing.Token);
            }
        }
    }

    private async ValueTask RenewAsync()
    {
        Volatile.Write(ref renewedAt, Time.GetTimestamp());
        await table.RenewAsync(closing.Token);
    }

    private async ValueTask TakeAsync()
    {
        TaskCompletionSource<bool> asked;
        lock (gate)
        {
            asked = round;
            round = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        }

        try
        {
            var match = matching ??= MatchAsync().AsTask();
            // Leases of workers that have died are taken all the same where the stream does not list its shards.
            if (table.HasMatched) await ((Task)match).WaitAsync(rhythm.TakeEvery, Time, closing.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            else await ((Task)match).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
            if (match.IsCompleted) matching = null;
            if (table.HasMatched && !subscription.IsLeaving) await table.TakeAsync(closing.Token);
            asked.TrySetResult(match.IsCompleted && await match is { } matched && IsSettled(matched));
        }
        catch
        {
            asked.TrySetResult(false);
            throw;
        }
    }

    private async ValueTask<LeaseMatched?> MatchAsync()
    {
        var now = Time.GetUtcNow();
        if (!matchWanted && now - matchedAt < Transport.Options.ShardInterval) return null;
        matchWanted = false;
        try
        {
            var matched = await table.MatchAsync(stop => ShardsAsync(Transport.Options.ShardId, stop), closing.Token);
            matchedAt = now;
            lock (gate) created.UnionWith(matched.Created.Select(static l => l.Shard));
            foreach (var lease in matched.Removed) KinesisLogs.ShardRemoved(subscription.Log, subscription.Group, Stream, lease.Shard, lease.Checkpoint.ToString());
            return matched;
        }
        catch
        {
            matchWanted = true;
            throw;
        }
    }

    /// <summary>Every lease that is this worker's to read has a lane, and none is read to its end and not finished yet.</summary>
    private bool IsSettled(LeaseMatched matched)
    {
        lock (gate)
        {
            var here = lanes.Keys.Where(static l => !l.IsOver).Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            return matched.Created.Count == 0 && lanes.Values.All(static l => !l.HasEnded)
                && matched.Leases.All(l => l.Checkpoint.IsEnd || here.Contains(l.Shard) || (l.Owner is { } owner && owner != rhythm.Worker));
        }
    }

    private async ValueTask<IReadOnlyList<Shard>> ShardsAsync(string? only, CancellationToken stop)
    {
        var shards = await Transport.Streams.ShardsAsync(Stream, stop);
        if (only is null) return shards;
        var shard = shards.FirstOrDefault(s => s.Id == only) ?? throw new TransportException(
            $"Stream '{Stream}' has no shard '{only}'.{Closest.Hint(only, shards.Select(static s => s.Id))} Name one that it has as ShardId (KINESIS_SHARD_ID), or none to read them all.");
        return [shard with { Parents = [] }]; // read for itself, whatever became of its parents
    }

    private async Task RunAsync(Func<ValueTask> act, string what, TimeSpan every, bool isWoken)
    {
        while (!closing.IsCancellationRequested)
        {
            var slept = isWoken ? Sleep() : Task.Delay(every, Time, closing.Token); // before it acts, so that nobody who wakes it meanwhile is missed
            try
            {
                await act();
            }
            catch (OperationCanceledException) when (closing.IsCancellationRequested)
            {
                return;
            }
            catch (TransportException e) when (e.IsTransient)
            {
                KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"{what} of stream '{Stream}'", e.Message);
            }
            catch (Exception e)
            {
                subscription.Fail(e);
                return;
            }

            // Too late and cancelled alike: the loop looks.
            await (isWoken ? slept.WaitAsync(every, Time, closing.Token) : slept).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        }
    }

    private Task Sleep()
    {
        lock (gate)
        {
            if (wake.Task.IsCompleted) wake = NewSource();
            return wake.Task;
        }
    }

    private static TaskCompletionSource NewSource() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}

/// <summary>How the leases of a stream are looked after.</summary>
/// <param name="Worker">This worker's name.</param>
/// <param name="IsShared">Other processes may take them.</param>
/// <param name="LeaseTime">How long it may be silent.</param>
/// <param name="HandOverTime">How long it may finish what another worker wants.</param>
/// <param name="RenewEvery">From one round of renewals to the next.</param>
/// <param name="TakeEvery">From one look for free leases to the next.</param>
internal sealed record LeaseRhythm(string Worker, bool IsShared, TimeSpan LeaseTime, TimeSpan HandOverTime, TimeSpan RenewEvery, TimeSpan TakeEvery);
