namespace Handlers.Kinesis;

/// <summary>The lanes of one stream of a subscription: one for each lease that is held, from when it is taken until it is given back or lost.</summary>
/// <remarks>What the table of leases tells, and what lanes and callers ask, meet under <c>gate</c>.</remarks>
internal sealed class StreamLanes : ILeaseListener
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    private readonly KinesisSubscription subscription;
    private readonly Action<bool> look;         // look for leases at once; true: for shards too
    private readonly CancellationToken closing;
    private readonly Lock gate = new();
    private readonly Dictionary<HeldLease, KinesisLane> lanes = [];         // guarded by gate; yielded, or about to be
    private readonly Dictionary<HeldLease, DateTimeOffset> wanted = [];     // guarded by gate; told before there was a lane
    private readonly HashSet<string> created = new(StringComparer.Ordinal); // guarded by gate; shards whose leases this process made just now

    public StreamLanes(KinesisSubscription subscription, StreamShards shards, ILeaseStore store, LeaseRhythm rhythm, Action<bool> look, CancellationToken closing)
    {
        this.subscription = subscription;
        this.look = look;
        this.closing = closing;
        Shards = shards;
        Table = new LeaseTable(store, new LeaseTableOptions(rhythm.Worker, rhythm.LeaseTime, rhythm.HandOverTime, shards.From), this, Time, Random.Shared.Next);
    }

    /// <summary>The shards that they read.</summary>
    public StreamShards Shards { get; }

    /// <summary>The leases that they come of.</summary>
    public LeaseTable Table { get; }

    private TimeProvider Time => subscription.Transport.Time;

    /// <summary>The lanes that are here.</summary>
    public IReadOnlyList<KinesisLane> Here
    {
        get
        {
            lock (gate) return [.. lanes.Values];
        }
    }

    /// <summary>Ends them all. Their leases are given back, unless the process is to look as if it had ended.</summary>
    public async ValueTask EndAsync(bool abandons)
    {
        foreach (var lane in Here)
        {
            if (abandons) await lane.AbandonAsync();
            else lane.Lose();
        }

        if (abandons) return;
        foreach (var lease in Table.Held) await GiveBackAsync(lease);
    }

    /// <summary>Shards whose leases this process has made just now: what a first lane reads there begins now.</summary>
    public void Created(IEnumerable<string> shards)
    {
        lock (gate) created.UnionWith(shards);
    }

    /// <summary>Every lease that is this worker's to read has a lane, and none is read to its end and not finished yet.</summary>
    public bool HaveAll(LeaseMatched matched, string worker)
    {
        lock (gate)
        {
            var here = lanes.Keys.Where(static l => !l.IsOver).Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            return matched.Created.Count == 0 && lanes.Values.All(static l => !l.HasEnded)
                && matched.Leases.All(l => l.Checkpoint.IsEnd || here.Contains(l.Shard) || (l.Owner is { } owner && owner != worker));
        }
    }

    /// <summary>Makes durable what a lane has handled. False: it is lost.</summary>
    public ValueTask<bool> CheckpointAsync(KinesisLane lane, Position handled, CancellationToken stop) => Table.CheckpointAsync(lane.Lease, LeaseCheckpoint.After(handled), stop);

    /// <summary>Makes durable that a lane goes on elsewhere. False: it is lost.</summary>
    public ValueTask<bool> MoveAsync(KinesisLane lane, LeaseCheckpoint to, CancellationToken stop) => Table.SeekAsync(lane.Lease, to, stop);

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
            look(end == LaneEnd.Finished);
        }
    }

    /// <summary>Where that fails it is not held any more all the same, and others take it when the lease time is over.</summary>
    private async ValueTask GiveBackAsync(HeldLease lease)
    {
        try
        {
            await Table.ReleaseAsync(lease, CancellationToken.None);
        }
        catch (TransportException e)
        {
            KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"giving back shard {lease.Shard}", e.Message);
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
            if (left > TimeSpan.Zero) await Task.Delay(left, Time, closing);
            lock (gate)
                if (!lanes.ContainsKey(lane.Lease) || lane.Lease.IsOver) return;
            KinesisLogs.LaneLost(subscription.Log, subscription.Group, lane.Id, "it was not released in time");
            lane.Lose();
            await Table.ReleaseAsync(lane.Lease, closing);
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
            var lane = new KinesisLane(subscription, this, lease, new LaneId(Shards.Topic, lease.Shard, subscription.Transport.Epochs.Next()), reader);
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
        lock (gate) isNew = created.Remove(lease.Shard) && lease.IsFirst && from == Shards.From;
        while (true)
        {
            try
            {
                if (from is { Kind: CheckpointKind.Latest, Time: null })
                {
                    // Another program left it to each reader's start what that is. From now on it is one.
                    var said = LeaseCheckpoint.Latest(Time.GetUtcNow());
                    if (!await Table.SeekAsync(lease, said, closing)) return null;
                    (from, isNew) = (said, true);
                }

                // From here on nothing is passed over: where the latest record is is known, as far as this process reads it.
                if (isNew && from.Kind == CheckpointKind.Latest) return await Shards.OpenAsync(lease.Shard, from, isNew, closing);
                return Shards.Reader(lease.Shard, from, isNew);
            }
            catch (TransportException e) when (e.IsTransient && !lease.IsOver)
            {
                KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"beginning to read shard {lease.Shard}", e.Message);
                await Task.Delay(Pause, Time, closing);
            }
        }
    }

    /// <summary>Again and again, until it is written or the lease is lost: with the children's leases missing, nobody would read them.</summary>
    private async ValueTask FinishAsync(KinesisLane lane)
    {
        var only = Shards.Only is not null;
        List<string> ids = [.. lane.Children.Select(static c => c.Id)]; // none where retention has removed the shard, with them
        var children = string.Join(", ", ids);
        while (true)
        {
            try
            {
                if (!await Table.FinishAsync(lane.Lease, only ? [] : ids, Shards.ListAsync, closing)) return;
                if (only) KinesisLogs.OnlyShardFinished(subscription.Log, subscription.Group, lane.Id, nameof(KinesisOptions.ShardId), children);
                else KinesisLogs.LaneFinished(subscription.Log, subscription.Group, lane.Id, children);
                return;
            }
            catch (TransportException e) when (e.IsTransient)
            {
                KinesisLogs.RoundFailed(subscription.Log, subscription.Group, $"writing the end of shard {lane.Id}", e.Message);
                await Task.Delay(Pause, Time, closing);
            }
        }
    }
}
