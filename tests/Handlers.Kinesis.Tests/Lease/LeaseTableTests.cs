using System.Diagnostics.CodeAnalysis;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

/// <summary>The coordinator, one thing at a time. All of it together: <see cref="LeaseScheduleTests"/>.</summary>
[SuppressMessage("Design", "CA1001", Justification = "What it owns is memory.")]
public sealed partial class LeaseTableTests
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan HandOverTime = TimeSpan.FromSeconds(30);

    private readonly FakeClock clock = new();
    private readonly FaultyLeaseStore store = new();

    [Fact]
    public async Task A_lease_whose_renewal_was_made_though_it_is_said_to_be_refused_is_kept()
    {
        // awslabs/amazon-kinesis-client#537: the client's own second try is refused, as the first was made.
        var (a, held) = await OneAsync("a", "s");
        store.Next = static write =>
        {
            write();
            return write();
        };
        await a.Table.RenewAsync(default);
        Assert.Empty(a.Lost);
        Assert.True(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Equal(ModelShard.At(5), (await store.RowAsync("s")).Checkpoint);
    }

    [Fact]
    public async Task A_checkpoint_whose_answer_is_lost_is_written_once_more_and_the_lease_is_kept()
    {
        var (a, held) = await OneAsync("a", "s");
        store.Next = static write =>
        {
            write();
            throw new TransportException("The answer is lost.") { IsTransient = true };
        };
        Assert.True(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Equal(ModelShard.At(5), (await store.RowAsync("s")).Checkpoint);
        Assert.Empty(a.Lost);
    }

    [Fact]
    public async Task A_lease_that_another_has_taken_is_lost_and_nothing_is_written()
    {
        var (a, held) = await OneAsync("a", "s");
        var row = await store.RowAsync("s");
        Assert.True(store.Rows.TryWrite(row, row with { Owner = "b", Counter = row.Counter + 1 }));
        Assert.False(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Contains("worker b has it", Assert.Single(a.Lost).Why, StringComparison.Ordinal);
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("s")).Checkpoint);
        Assert.False(await a.Table.CheckpointAsync(held, ModelShard.At(6), default));
        Assert.Single(a.Lost); // told once
    }

    [Fact]
    public async Task A_lease_that_went_to_another_and_came_back_is_lost_to_its_first_assignment()
    {
        var (a, held) = await OneAsync("a", "s");
        var row = await store.RowAsync("s");
        Assert.True(store.Rows.TryWrite(row, row with { Counter = row.Counter + 2, Checkpoint = ModelShard.At(7) }));
        Assert.False(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Equal(ModelShard.At(7), (await store.RowAsync("s")).Checkpoint);
        Assert.Contains("WorkerId", Assert.Single(a.Lost).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_two_processes_of_one_name_only_the_one_that_took_it_last_may_write()
    {
        var (old, held) = await OneAsync("a", "s");
        var (_, taken) = await OneAsync("a", "s"); // as its earlier life is cut off from everything but the table
        Assert.False(await old.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Contains("WorkerId", Assert.Single(old.Lost).Why, StringComparison.Ordinal);
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("s")).Checkpoint);
        Assert.False(taken.IsOver);
    }

    [Fact]
    public async Task Two_processes_of_one_name_that_take_a_lease_at_once_do_not_both_have_it()
    {
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "s", Checkpoint = LeaseCheckpoint.Horizon }, default);
        Told first = Worker("a"), second = Worker("a");
        store.Next = write =>
        {
            store.Next = null;
            StartAsync(second, "s").GetAwaiter().GetResult(); // between the look and the write of the first
            return write();
        };
        await StartAsync(first, "s");
        Assert.Single(second.Taken);
        Assert.Empty(first.Taken);
    }

    [Fact]
    public async Task A_lease_that_was_not_renewed_in_time_is_lost_before_anything_is_written()
    {
        var (a, held) = await OneAsync("a", "s");
        clock.Advance(LeaseTime);
        Assert.False(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("s")).Checkpoint);
        Assert.Single(a.Lost);
    }

    [Fact]
    public async Task The_lease_time_counts_from_before_the_write_however_long_that_takes()
    {
        var (a, held) = await OneAsync("a", "s");
        store.Next = write =>
        {
            clock.Advance(LeaseTime * 0.4);
            return write();
        };
        await a.Table.RenewAsync(default);
        clock.Advance(LeaseTime * 0.6);
        Assert.False(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
    }

    [Fact]
    public async Task While_the_store_is_away_leases_are_held_until_their_time_is_over()
    {
        var (a, held) = await OneAsync("a", "s");
        store.IsAway = true;
        await Assert.ThrowsAsync<TransportException>(() => a.Table.RenewAsync(default));
        Assert.False(held.IsOver);
        clock.Advance(LeaseTime / 2);
        store.IsAway = false;
        await a.Table.RenewAsync(default);
        clock.Advance(LeaseTime * 0.9);
        Assert.True(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        store.IsAway = true;
        clock.Advance(LeaseTime);
        await a.Table.RenewAsync(default);
        Assert.True(held.IsOver);
    }

    [Fact]
    public async Task A_call_that_never_comes_back_does_not_keep_the_others_from_being_renewed()
    {
        var (a, held) = await OneAsync("a", "s", "t");
        store.Hangs = "s";
        var renewal = await RoundAsync(a);
        Assert.Equal(2, (await store.RowAsync("t")).Counter);
        for (var rounds = 0; rounds < 5 && !renewal.IsFaulted; rounds++) renewal = await RoundAsync(a); // the one in which it ends tells of it
        store.Hangs = null;
        Assert.Equal(1, (await store.RowAsync("s")).Counter);
        Assert.True(renewal.IsFaulted || held.IsOver); // by whichever clock is first
    }

    [Fact]
    public async Task A_row_that_hangs_behind_a_commit_costs_no_idle_lease()
    {
        var (a, held) = await OneAsync("a", "s", "t");
        var idle = a.Taken.Single(static l => l.Shard == "t");
        store.Hangs = "s";
        var commit = a.Table.CheckpointAsync(held, ModelShard.At(5), default).AsTask(); // has the row's turn for two calls' time
        for (var round = 0; round < 6; round++)
            _ = (await RoundAsync(a)).Exception; // of the row that hangs

        await Assert.ThrowsAsync<TransportException>(() => commit);
        Assert.False(idle.IsOver);
        Assert.True(held.IsOver);
        Assert.Equal("s", Assert.Single(a.Lost).Lease.Shard);
    }

    [Fact]
    public async Task Checkpoints_never_go_backwards_but_by_a_seek()
    {
        var (a, held) = await OneAsync("a", "s");
        Assert.True(await a.Table.CheckpointAsync(held, ModelShard.At(5), default));
        Assert.True(await a.Table.CheckpointAsync(held, ModelShard.At(4), default));
        Assert.Equal(ModelShard.At(5), (await store.RowAsync("s")).Checkpoint);
        Assert.True(await a.Table.SeekAsync(held, ModelShard.At(2), default));
        Assert.Equal(ModelShard.At(2), (await store.RowAsync("s")).Checkpoint);
        Assert.True(await a.Table.SeekAsync(held, LeaseCheckpoint.Horizon, default));
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("s")).Checkpoint);
    }

    [Fact]
    public async Task A_silent_workers_lease_is_taken_when_its_time_is_over_and_not_before()
    {
        var (_, held) = await OneAsync("a", "s");
        var b = await StartAsync("b", "s");
        Assert.Empty(b.Taken);
        clock.Advance(LeaseTime - TimeSpan.FromTicks(1));
        await b.Table.TakeAsync(default);
        Assert.Empty(b.Taken);
        clock.Advance(TimeSpan.FromTicks(1));
        await b.Table.TakeAsync(default);
        Assert.Equal("s", Assert.Single(b.Taken).Shard);
        Assert.False(held.IsOver); // it has not looked at its clock
        Assert.Equal(1, (await store.RowAsync("s")).OwnerSwitches);
    }

    [Fact]
    public async Task The_end_is_written_after_the_children_and_only_if_they_could_be()
    {
        var (a, held) = await OneAsync("a", "s");
        IReadOnlyList<Shard> listed = [new("s", [], ("0", "9"), true), new("c1", ["s"], ("0", "4"), false), new("c2", ["s"], ("5", "9"), false)];
        store.Fails = "c2";
        await Assert.ThrowsAsync<TransportException>(async () => await a.Table.FinishAsync(held, null, _ => new(listed), default));
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("s")).Checkpoint);
        Assert.False(held.IsOver);

        store.Fails = null;
        Assert.True(await a.Table.FinishAsync(held, null, _ => new(listed), default));
        var row = await store.RowAsync("s");
        Assert.Equal(LeaseCheckpoint.End, row.Checkpoint);
        Assert.Equal(["c1", "c2"], row.Children);
        Assert.Null(row.Owner);
        Assert.True(held.IsOver);
        Assert.Equal(["s"], (await store.RowAsync("c1")).Parents);
        await a.Table.TakeAsync(default);
        Assert.Equal(["c1", "c2"], a.Table.Held.Select(static l => l.Shard).Order());
        Assert.Empty(a.Lost);
    }

    [Fact]
    public async Task The_end_is_not_written_while_the_list_lacks_what_came_of_it()
    {
        var (a, held) = await OneAsync("a", "s");
        IReadOnlyList<Shard> stale = [new("s", [], ("0", "9"), false)];
        foreach (IReadOnlyList<string>? children in new IReadOnlyList<string>?[] { null, ["c1", "c2"] })
            Assert.True((await Assert.ThrowsAsync<TransportException>(async () => await a.Table.FinishAsync(held, children, _ => new(stale), default))).IsTransient);
        Assert.False(held.IsOver);
        Assert.True(await a.Table.FinishAsync(held, [], _ => new(stale), default)); // one shard alone is read
        Assert.Equal(LeaseCheckpoint.End, (await store.RowAsync("s")).Checkpoint);
    }

    /// <summary>A merge of s, which is done, and of a half of t, whose own lease is not made yet.</summary>
    [Fact]
    public async Task A_merged_shard_gets_its_lease_after_its_other_parent()
    {
        var (a, held) = await OneAsync("a", "s", "t");
        IReadOnlyList<Shard> listed =
        [
            new("m", ["s", "t1"], ("0", "4"), false), new("t2", ["t"], ("7", "9"), false), new("t1", ["t"], ("5", "6"), true), new("s", [], ("0", "3"), true), new("t", [], ("5", "9"), true),
        ];
        Assert.True(await a.Table.FinishAsync(held, ["m"], _ => new(listed), default));
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync("t1")).Checkpoint);
        await a.Table.TakeAsync(default);
        Assert.Equal(["s", "t"], a.Taken.Select(static l => l.Shard).Order()); // neither m nor t1 can be read while t is not done
    }

    [Fact]
    public async Task A_released_lease_is_anybodys_at_once()
    {
        var (a, held) = await OneAsync("a", "s");
        await a.Table.ReleaseAsync(held, default);
        Assert.Null((await store.RowAsync("s")).Owner);
        Assert.Single((await StartAsync("b", "s")).Taken);
        Assert.Empty(a.Lost);
    }

    [Fact]
    public async Task A_worker_that_comes_back_under_its_name_goes_on_at_once()
    {
        await OneAsync("a", "s");
        Assert.Single((await StartAsync("a", "s")).Taken);
    }

    [Fact]
    public async Task What_retention_removed_unhandled_is_told_by_one_worker_once()
    {
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "p", Checkpoint = ModelShard.At(3) }, default);
        var a = Worker("a");
        var matched = await a.Table.MatchAsync(_ => new([new Shard("c", ["p"], ("0", "9"), false)]), default);
        Assert.Equal("p", Assert.Single(matched.Removed).Shard);
        Assert.Equal(LeaseCheckpoint.Horizon, Assert.Single(matched.Created).Checkpoint);
        Assert.Empty((await Worker("b").Table.MatchAsync(_ => new([new Shard("c", ["p"], ("0", "9"), false)]), default)).Removed);
        await a.Table.TakeAsync(default);
        Assert.Equal("c", Assert.Single(a.Taken).Shard);
    }

    [Fact]
    public async Task A_lease_that_is_done_is_deleted_when_it_has_stood_still_for_long()
    {
        var a = Worker("a");
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "p", Checkpoint = LeaseCheckpoint.End }, default);
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "c", Checkpoint = ModelShard.At(1), Parents = ["p"] }, default);
        IReadOnlyList<Shard> listed = [new("p", [], ("0", "9"), true), new("c", ["p"], ("0", "9"), false)];
        Assert.Empty((await a.Table.MatchAsync(_ => new(listed), default)).Deleted);
        clock.Advance(LeaseTime * 3);
        Assert.Equal("p", Assert.Single((await a.Table.MatchAsync(_ => new(listed), default)).Deleted).Shard);
        Assert.Equal("c", Assert.Single(await store.Rows.ListAsync(default)).Shard);
        Assert.Empty((await a.Table.MatchAsync(_ => new(listed), default)).Created);
    }

    /// <summary>A round of renewals, and the time until the next may begin.</summary>
    private async Task<Task> RoundAsync(Told worker)
    {
        var renewal = worker.Table.RenewAsync(default);
        for (var passed = TimeSpan.Zero; passed < LeaseTime / 3 || !renewal.IsCompleted; passed += TimeSpan.FromMilliseconds(100))
        {
            clock.Advance(TimeSpan.FromMilliseconds(100));
            await Task.Delay(2, TestContext.Current.CancellationToken); // what the clock wakes runs
        }

        return renewal;
    }

    private async Task<(Told Worker, HeldLease Lease)> OneAsync(string name, params string[] shards)
    {
        var worker = await StartAsync(name, shards);
        return (worker, worker.Taken.Single(l => l.Shard == shards[0]));
    }

    private async Task<Told> StartAsync(string name, params string[] shards)
    {
        var worker = Worker(name);
        await StartAsync(worker, shards);
        return worker;
    }

    private static async Task StartAsync(Told worker, params string[] shards)
    {
        await worker.Table.PrepareAsync(default);
        await worker.Table.MatchAsync(_ => new([.. shards.Select(static s => new Shard(s, [], ("0", "9"), false))]), default);
        await worker.Table.TakeAsync(default);
    }

    private Told Worker(string name, TimeSpan? handOver = null)
    {
        var told = new Told();
        told.Table = new LeaseTable(store, new LeaseTableOptions(name, LeaseTime, handOver ?? HandOverTime, LeaseCheckpoint.Horizon), told, clock, static _ => 0);
        return told;
    }

    private sealed class Told : ILeaseListener
    {
        public LeaseTable Table { get; set; } = null!;

        public List<HeldLease> Taken { get; } = [];

        public List<(HeldLease Lease, DateTimeOffset Deadline)> Wanted { get; } = [];

        public List<(HeldLease Lease, string Why)> Lost { get; } = [];

        void ILeaseListener.Taken(HeldLease lease) => Taken.Add(lease);

        void ILeaseListener.Wanted(HeldLease lease, DateTimeOffset deadline) => Wanted.Add((lease, deadline));

        void ILeaseListener.Lost(HeldLease lease, string why) => Lost.Add((lease, why));
    }
}
