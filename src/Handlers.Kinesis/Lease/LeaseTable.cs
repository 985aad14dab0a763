namespace Handlers.Kinesis;

/// <summary>
/// The leases of one group and stream, as one worker takes, renews, hands over and ends them. Knows no Kinesis: shards come from the caller.
/// </summary>
/// <remarks>
/// Who calls what: first <see cref="PrepareAsync"/>, once; then <see cref="MatchAsync"/>, and again at every interval and end of a shard; after the first
/// match, <see cref="RenewAsync"/> every third of the lease time and <see cref="TakeAsync"/> every half. None of these overlaps itself; they overlap each
/// other and everything else. The calls about one held lease come from anywhere: its writes wait for their turn. Each may throw a
/// <see cref="TransportException"/>: nothing is lost by it yet, and the next call goes on; a lease is lost when its time is over.
/// What is safe does not depend on any of these rhythms: each write is conditional on the row as this worker knows it, and it is made only
/// while the lease is this worker's by its own clock.
/// </remarks>
internal sealed class LeaseTable
{
    private const int Tries = 3;

    private readonly ILeaseStore store;
    private readonly LeaseCalls calls;
    private readonly LeaseTableOptions options;
    private readonly ILeaseListener listener;
    private readonly TimeProvider time;
    private readonly LeaseWatch watch;
    private readonly LeaseMatch match;
    private readonly LeaseTaker taker;
    private readonly Lock gate = new();
    private readonly Dictionary<string, HeldLease> held = new(StringComparer.Ordinal); // guarded by gate
    private readonly HashSet<object> renewing = []; // guarded by gate; leases, and shards that are claimed: whose renewal is under way
    private readonly List<Task> rounds = [];        // of renewals, those that are not over; the renewing loop's alone

    /// <param name="store">Not owned: who made it disposes of it.</param>
    /// <param name="options">This worker's.</param>
    /// <param name="listener">The subscription.</param>
    /// <param name="time">All time comes from it.</param>
    /// <param name="below">Chance: a number of 0 to below its argument.</param>
    public LeaseTable(ILeaseStore store, LeaseTableOptions options, ILeaseListener listener, TimeProvider time, Func<int, int> below)
    {
        this.store = store;
        this.options = options;
        this.listener = listener;
        this.time = time;
        calls = new LeaseCalls(store, options, time);
        watch = new LeaseWatch(time, options.LeaseTime);
        match = new LeaseMatch(store, calls, watch, options, time);
        taker = new LeaseTaker(this, store, calls, watch, match, options, time, below);
    }

    /// <summary>What this worker holds now, by its own clock as of the last call.</summary>
    public IReadOnlyList<HeldLease> Held
    {
        get
        {
            lock (gate) return [.. held.Values];
        }
    }

    /// <summary>Whether leases and shards were brought together once: from then on leases can be taken.</summary>
    public bool HasMatched => match.HasRun;

    /// <summary>Makes the table where it is missing.</summary>
    public ValueTask PrepareAsync(CancellationToken stop) => store.PrepareAsync(stop);

    /// <summary>
    /// Makes the leases that are missing and deletes those that nobody needs. What it ended because retention removed the shard unhandled is to
    /// be reported loudly: records are lost.
    /// </summary>
    /// <param name="list">Lists every shard of the stream; called after the leases were read, perhaps again.</param>
    /// <param name="stop">Ends it.</param>
    public ValueTask<LeaseMatched> MatchAsync(Func<CancellationToken, ValueTask<IReadOnlyList<Shard>>> list, CancellationToken stop) => match.RunAsync(list, stop);

    /// <summary>
    /// Tells the others that this worker lives, for each lease that it holds, and takes those that have been handed over to it. Tells of leases that
    /// are wanted or lost.
    /// </summary>
    /// <remarks>
    /// A round waits no longer than a call may take. A row that takes longer, behind a commit that hangs, goes on beside the next rounds, which leave it alone; what
    /// comes of it the round throws in which it ends. Otherwise one such row would cost every lease that nobody commits.
    /// </remarks>
    public async Task RenewAsync(CancellationToken stop)
    {
        List<(object Of, Func<Task> Act)> work = [.. Held.Select(l => ((object)l, (Func<Task>)(() => RenewOneAsync(l, stop)))), .. taker.Awaited.Select(s => ((object)s, (Func<Task>)(() => taker.ClaimAsync(s, stop))))];
        var round = calls.EachAsync(work, RenewAloneAsync);
        rounds.Add(round);
        await round.WaitAsync(options.CallTime, time, CancellationToken.None).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        List<Task> over = [.. rounds.Where(static r => r.IsCompleted)];
        rounds.RemoveAll(over.Contains);
        await FirstErrorAsync(over);
    }

    /// <summary>Waits for renewals that are under way still. After the last <see cref="RenewAsync"/>.</summary>
    public async Task EndRenewalsAsync()
    {
        foreach (var round in rounds) await round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        rounds.Clear();
    }

    /// <summary>Takes free leases up to this worker's share, or asks for one of who has too many. Needs a first <see cref="MatchAsync"/>.</summary>
    public Task TakeAsync(CancellationToken stop) => taker.RunAsync(stop);

    /// <summary>
    /// Makes a checkpoint durable. False: the lease is lost, nothing may be written any more, and the listener has been told. One that is not
    /// after the last is already durable. Throws a <see cref="TransportException"/> when it is not known to be.
    /// </summary>
    public ValueTask<bool> CheckpointAsync(HeldLease lease, LeaseCheckpoint checkpoint, CancellationToken stop) =>
        InTurnAsync(lease, async () => (!checkpoint.IsAfter(lease.Checkpoint) && IsStillHeld(lease))
            || await WriteAsync(lease, row => row with { Checkpoint = checkpoint, OwnerSwitches = 0 }, stop), stop);

    /// <summary>Like <see cref="CheckpointAsync"/>, to anywhere: backwards too.</summary>
    public ValueTask<bool> SeekAsync(HeldLease lease, LeaseCheckpoint checkpoint, CancellationToken stop) =>
        InTurnAsync(lease, () => WriteAsync(lease, row => row with { Checkpoint = checkpoint, OwnerSwitches = 0 }, stop), stop);

    /// <summary>
    /// Its shard is handled to its end: matches, so that whatever came of it has leases, then writes the end. False: lost, and the end is not written.
    /// When it throws, the lease is held still and the call is to be made again.
    /// </summary>
    /// <remarks>
    /// A merged shard's lease may only be made when its other parent has one, and that one's ancestors: so leases are never made of the children alone.
    /// </remarks>
    /// <param name="lease">The lease.</param>
    /// <param name="children">The shards that came of it; null: those that the stream lists; none: no lease is wanted of them, as one shard alone is read.</param>
    /// <param name="list">As for <see cref="MatchAsync"/>.</param>
    /// <param name="stop">Ends it; then it is not known to be written.</param>
    public async ValueTask<bool> FinishAsync(
        HeldLease lease, IReadOnlyList<string>? children, Func<CancellationToken, ValueTask<IReadOnlyList<Shard>>> list, CancellationToken stop)
    {
        if (children is not { Count: 0 })
        {
            // Outside of the lease's turn: it is renewed meanwhile.
            var matched = await match.RunAsync(list, stop);
            children ??= [.. matched.Shards.Where(s => s.Parents.Contains(lease.Shard)).Select(static s => s.Id)];
            var known = matched.Leases.Concat(matched.Created).Select(static l => l.Shard).ToHashSet(StringComparer.Ordinal);
            foreach (var child in children)
            {
                if (known.Contains(child) || await calls.ReadAsync(child, stop) is not null) continue;
                throw NotListed(lease, child);
            }

            if (children.Count == 0) throw NotListed(lease, "any shard");
        }

        return await InTurnAsync(lease, async () =>
        {
            var written = await WriteAsync(lease, row => Free(row) with { Checkpoint = LeaseCheckpoint.End, Children = children.Count > 0 ? children : row.Children, OwnerSwitches = 0 }, stop);
            if (written) Drop(lease);
            return written;
        }, stop);
    }

    /// <summary>A lease that nobody has begins where the group begins, whatever it says. False: it is not as it was seen any more.</summary>
    public ValueTask<bool> BeginAnewAsync(Lease seen, CancellationToken stop) =>
        calls.TryWriteAsync(seen, Free(seen) with { Checkpoint = options.Begin, Children = [], Counter = seen.Counter + 1, OwnerSwitches = 0 }, stop);

    /// <summary>
    /// Gives it back: to whoever waits for it, else to anybody. Whatever happens, it is not held any more; when it throws, others take it when the
    /// lease time is over. A worker that is to get no more leases does not call <see cref="TakeAsync"/> again.
    /// </summary>
    public async ValueTask ReleaseAsync(HeldLease lease, CancellationToken stop)
    {
        try
        {
            await InTurnAsync(lease, () => WriteAsync(lease, static row => row.HandedOverBy is null ? Free(row) : row with { HandedOverBy = null }, stop), stop);
        }
        finally
        {
            Drop(lease);
        }
    }

    /// <summary>The last call of a worker that stops: what others are handing over to it stays theirs. Without it, others wait for the lease time.</summary>
    public Task LeaveAsync(CancellationToken stop) => taker.LeaveAsync(stop);

    /// <summary>A lease has been taken, by a write before which the timestamp was <paramref name="began"/>.</summary>
    internal void Hold(Lease row, long began)
    {
        var lease = new HeldLease(row, began);
        lock (gate) held.Add(row.Shard, lease);
        listener.Taken(lease);
    }

    internal bool Holds(string shard)
    {
        lock (gate) return held.ContainsKey(shard);
    }

    private static TransportException NotListed(HeldLease lease, string child) =>
        new($"Shard {lease.Shard} is closed and handled, but the stream does not list {child} that came of it yet. It is tried again.") { IsTransient = true };

    private async Task RenewOneAsync(HeldLease lease, CancellationToken stop) =>
        await InTurnAsync(lease, () => WriteAsync(lease, static row => row, stop), stop);

    /// <summary>Unless it is under way since an earlier round.</summary>
    private async Task RenewAloneAsync((object Of, Func<Task> Act) work)
    {
        lock (gate)
            if (!renewing.Add(work.Of)) return;
        try
        {
            await work.Act();
        }
        finally
        {
            lock (gate) renewing.Remove(work.Of);
        }
    }

    private static async Task FirstErrorAsync(List<Task> over)
    {
        foreach (var round in over) await round.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext); // each is seen
        foreach (var round in over) await round;
    }

    private static Lease Free(Lease row) => row with { Owner = null, HandedOverBy = null, Assignment = null };

    private static async ValueTask<bool> InTurnAsync(HeldLease lease, Func<ValueTask<bool>> act, CancellationToken stop)
    {
        await lease.Turn.TakeAsync(stop);
        try
        {
            return await act();
        }
        finally
        {
            lease.Turn.End();
        }
    }

    /// <summary>
    /// In the lease's turn: writes a change, with the counter raised, until it is known to be written. False: the lease is lost.
    /// </summary>
    /// <remarks>
    /// A refused write tells nothing by itself: it may be the second try of a client whose first was made, though its answer was lost
    /// (awslabs/amazon-kinesis-client#537). Nor does an error. So the row is read again; while it is this assignment's, the write is tried again
    /// on top of it, and the lease time counts from before the write that was answered.
    /// </remarks>
    private async ValueTask<bool> WriteAsync(HeldLease lease, Func<Lease, Lease> change, CancellationToken stop)
    {
        TransportException? unknown = null;
        for (var tries = 0; tries < Tries; tries++)
        {
            if (!IsStillHeld(lease)) return false;
            var began = time.GetTimestamp();
            var next = change(lease.Row) with { Counter = lease.Row.Counter + 1 };
            lease.Try(next.Checkpoint);
            try
            {
                if (await calls.TryWriteAsync(lease.Row, next, stop))
                {
                    lease.Confirm(next, began);
                    return true;
                }
            }
            catch (TransportException e)
            {
                unknown = e;
            }

            Lease? row;
            try
            {
                row = await calls.ReadAsync(lease.Shard, stop);
            }
            catch (TransportException e)
            {
                unknown = e;
                break;
            }

            if (row is not null && IsGivenUp(next) && IsAs(row, next))
            {
                lease.Confirm(next, began);
                return true;
            }

            if (row is null || !lease.Recognizes(row, options.Worker))
            {
                Lose(lease, row is null ? "its row is gone from the lease table" : row.Writer is { } other && other != options.Worker ? $"worker {other} has it" : "another worker has written it; check that no two use one WorkerId");
                return false;
            }

            lease.Adopt(row);
            if (row.HandedOverBy is not null && lease.WantedSince is null) Want(lease);
        }

        throw new TransportException(
            $"The lease of shard {lease.Shard} could not be written by worker {options.Worker}: it is held until its time is over, and tried again. Check the lease table.", unknown)
        {
            IsTransient = unknown is not { IsTransient: false },
            Kind = TransportErrorKind.Positions,
        };
    }

    private bool IsGivenUp(Lease next) => next.Writer != options.Worker;

    private static bool IsAs(Lease row, Lease next) =>
        row.Owner == next.Owner && row.HandedOverBy == next.HandedOverBy && row.Assignment == next.Assignment && row.Counter == next.Counter && row.Checkpoint == next.Checkpoint;

    private void Want(HeldLease lease)
    {
        // It was asked for after our last write had been made, so from before that write our time for it is over earlier than the other's patience.
        lease.Want();
        var left = options.HandOverTime - time.GetElapsedTime(lease.Since);
        listener.Wanted(lease, time.GetUtcNow() + (left > TimeSpan.Zero ? left : TimeSpan.Zero));
    }

    /// <summary>Whether it may be written now: by this worker's own clock, before anything is sent.</summary>
    private bool IsStillHeld(HeldLease lease)
    {
        if (lease.IsOver) return false;
        if (time.GetElapsedTime(lease.Since) >= options.LeaseTime)
        {
            Lose(lease, $"it was not renewed within the lease time of {options.LeaseTime.TotalSeconds:0.#} s: the lease table did not answer, or this process stood still");
            return false;
        }

        if (lease.Row.HandedOverBy is not null && lease.WantedSince is { } wanted && time.GetElapsedTime(wanted) >= options.HandOverTime)
        {
            Lose(lease, $"it was not handed over within {options.HandOverTime.TotalSeconds:0.#} s");
            return false;
        }

        return true;
    }

    private void Lose(HeldLease lease, string why)
    {
        Drop(lease);
        listener.Lost(lease, $"The lease of shard {lease.Shard} is lost to worker {options.Worker}: {why}.");
    }

    private void Drop(HeldLease lease)
    {
        lease.End();
        lock (gate)
            if (held.TryGetValue(lease.Shard, out var current) && current == lease) held.Remove(lease.Shard);
    }
}
