using System.Diagnostics.CodeAnalysis;

namespace Handlers.Kinesis;

/// <summary>
/// The leases of one stream of a subscription: one loop renews what is held, another one brings leases and shards together and takes what is free.
/// </summary>
/// <remarks>Both loops begin with <see cref="Begin"/> and end with <see cref="CloseAsync"/>.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "Closed by CloseAsync.")]
internal sealed class StreamLeases
{
    private const string AnyShard = "shardId-000000000000"; // there or not: an answer is an answer

    private static readonly TimeSpan BetweenPings = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan BeforeLookingAgain = TimeSpan.FromSeconds(1);

    private readonly KinesisSubscription subscription;
    private readonly StreamShards shards;
    private readonly StreamLanes lanes;
    private readonly LeaseTable table;
    private readonly LeaseRhythm rhythm;
    private readonly CancellationTokenSource closing = new();
    private readonly Lock gate = new();
    private TaskCompletionSource wake = NewSource();                        // guarded by gate
    private TaskCompletionSource<bool> round = new(TaskCreationOptions.RunContinuationsAsynchronously); // guarded by gate; of those who ask for a look
    private DateTimeOffset? matchedAt;  // the match's under way, of which there is one
    private Task<LeaseMatched?>? matching; // the taking loop's alone
    private volatile bool matchWanted = true;
    private Task renewing = Task.CompletedTask;
    private Task taking = Task.CompletedTask;
    private long renewedAt = -1;
    private long pingedAt = -1; // when both answered last

    public StreamLeases(KinesisSubscription subscription, SubscribedTopic topic, string stream, ILeaseStore store, LeaseRhythm rhythm)
    {
        this.subscription = subscription;
        this.rhythm = rhythm;
        Store = store;
        shards = new StreamShards(Transport, subscription.Group, topic, stream);
        lanes = new StreamLanes(subscription, shards, store, rhythm, Wake, closing.Token);
        table = lanes.Table;
    }

    /// <summary>The stream's name at the service.</summary>
    public string Stream => shards.Stream;

    /// <summary>Where the leases are. The subscription's to dispose.</summary>
    public ILeaseStore Store { get; }

    /// <summary>The lanes that are here.</summary>
    public IReadOnlyList<KinesisLane> Lanes => lanes.Here;

    /// <summary>How long ago a round of renewals began; null: not yet, no more, or there is nobody to renew them for.</summary>
    public TimeSpan? RenewalAge => rhythm.IsShared && Volatile.Read(ref renewedAt) is >= 0 and var at && !closing.IsCancellationRequested ? Time.GetElapsedTime(at) : null;

    private KinesisTransport Transport => subscription.Transport;

    private TimeProvider Time => Transport.Time;

    /// <summary>Checks that the stream is there, or makes it, and the table of its leases.</summary>
    public async ValueTask PrepareAsync(CancellationToken stop)
    {
        await Transport.Streams.EnsureAsync(Stream, Transport.Options.CreateStreams, stop);
        if (shards.Only is not null) _ = await shards.ListAsync(stop); // it is there
        await table.PrepareAsync(stop);
        if ((Store is OneShard one ? one.Inner : Store) is DynamoLeaseStore { Leader: { } leader }) KinesisLogs.LeaderFound(subscription.Log, subscription.Group, Stream, leader);
    }

    /// <summary>Begins to take leases.</summary>
    public void Begin()
    {
        renewing = RunAsync(RenewAsync, "renewing leases", rhythm.RenewEvery, isWoken: false);
        taking = RunAsync(TakeAsync, "taking leases", rhythm.TakeEvery, isWoken: true);
    }

    /// <summary>A round of both, as of now. False: a shard of this worker's is without a lane still.</summary>
    public Task<bool> LookAsync()
    {
        Task<bool> mine;
        lock (gate) mine = round.Task;
        Wake(match: true);
        return mine;
    }

    /// <summary>
    /// Asks the stream, and the table of leases for one row: the cheapest that each has. At most every 5 s while they answer, as others of the account pay for it too.
    /// </summary>
    public async ValueTask PingAsync(CancellationToken stop)
    {
        if (Volatile.Read(ref pingedAt) is >= 0 and var at && Time.GetElapsedTime(at) < BetweenPings) return;
        await Transport.Calls.PingAsync(Stream, stop);
        if (rhythm.IsShared) await Store.ReadAsync(Lanes is [var lane, ..] ? lane.Lease.Shard : AnyShard, stop);
        Volatile.Write(ref pingedAt, Time.GetTimestamp());
    }

    /// <summary>Ends the loops, and gives back whatever is held, unless the process is to look as if it had ended.</summary>
    public async ValueTask CloseAsync(bool abandons)
    {
        await closing.CancelAsync();
        await renewing;
        await table.EndRenewalsAsync();
        await taking;
        if (matching is { } match) await ((Task)match).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        lock (gate) round.TrySetCanceled();
        await lanes.EndAsync(abandons);
        if (abandons) return;
        try
        {
            await table.LeaveAsync(CancellationToken.None);
        }
        catch (TransportException e)
        {
            KinesisLogs.LeaveFailed(subscription.Log, subscription.Group, Stream, e); // others find out when the lease time is over
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
            asked.TrySetResult(match.IsCompleted && await match is { } matched && lanes.HaveAll(matched, rhythm.Worker));
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
            var matched = await table.MatchAsync(shards.ListAsync, closing.Token);
            await CheckEndsAsync(matched);
            matchedAt = now;
            lanes.Created(matched.Created.Select(static l => l.Shard));
            foreach (var lease in matched.Removed) KinesisLogs.ShardRemoved(subscription.Log, subscription.Group, Stream, lease.Shard, lease.Checkpoint.ToString());
            return matched;
        }
        catch
        {
            matchWanted = true;
            throw;
        }
    }

    /// <summary>An end of a shard that is open is no position of this stream. Believed, the shard would be read by nobody, and nobody would be told.</summary>
    private async ValueTask CheckEndsAsync(LeaseMatched matched)
    {
        if (ShardRules.EndedThoughOpen(matched.Shards, matched.Leases) is not { Count: > 0 } doubted) return;
        await Task.Delay(BeforeLookingAgain, Time, closing.Token); // of a shard that has just ended, a list may be older than the lease
        foreach (var lease in ShardRules.EndedThoughOpen(await shards.ListAsync(closing.Token), doubted))
        {
            var text = $"Shard '{lease.Shard}' of stream '{Stream}' is handled to its end, as group '{subscription.Group}' has it, and the service lists it as open: the stream was made anew.";
            if (Transport.Options.OnLostPosition == KinesisLostPosition.Fail)
                throw new TransportException($"{text} Remove the group's checkpoints of it, or set OnLostPosition to StartOver to begin at {shards.From}.") { IsRefused = true, Kind = TransportErrorKind.Positions };
            if (await table.BeginAnewAsync(lease, closing.Token))
                KinesisLogs.StartedOver(subscription.Log, Stream, lease.Shard, lease.Checkpoint.ToString(), shards.From.ToString(), "The service lists it as open: the stream was made anew.");
        }
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

    /// <summary>Looks again at once: a lane has ended, or somebody asks.</summary>
    private void Wake(bool match)
    {
        if (match) matchWanted = true;
        lock (gate) wake.TrySetResult();
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
