using System.Diagnostics.CodeAnalysis;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

[SuppressMessage("Design", "CA1001", Justification = "What it owns is memory.")]
public sealed class CheckpointLeaseStoreTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private readonly Kept kept = new();

    [Fact]
    public async Task A_lease_that_is_made_begins_where_its_checkpoint_says()
    {
        kept.Of["s"] = new ShardCheckpoint { Handled = ModelShard.At(4).Handled };
        var store = Store();
        Assert.True(await store.TryWriteAsync(null, Lease("s"), default));
        Assert.Equal(ModelShard.At(4), (await store.ReadAsync("s", default))!.Checkpoint);
        Assert.False(await store.TryWriteAsync(null, Lease("s"), default));
    }

    [Fact]
    public async Task Where_a_lease_begins_is_durable_before_it_is_there()
    {
        var store = Store();
        await store.TryWriteAsync(null, Lease("s") with { Checkpoint = LeaseCheckpoint.Latest(Then) }, default);
        Assert.Equal(new ShardCheckpoint { StartAt = Then }, kept.Of["s"]);
        kept.IsAway = true;
        await Assert.ThrowsAsync<TransportException>(async () => await store.TryWriteAsync(null, Lease("t"), default));
        Assert.Null(await store.ReadAsync("t", default));
    }

    [Fact]
    public async Task A_checkpoint_is_written_only_when_it_changes()
    {
        var store = Store();
        var row = Lease("s");
        await store.TryWriteAsync(null, row, default);
        var writes = kept.Writes;
        Assert.True(await store.TryWriteAsync(row, row = row with { Owner = "a", Counter = 1 }, default));
        Assert.Equal(writes, kept.Writes);
        Assert.True(await store.TryWriteAsync(row, row = row with { Counter = 2, Checkpoint = ModelShard.At(2) }, default));
        Assert.Equal(new ShardCheckpoint { Handled = ModelShard.At(2).Handled }, kept.Of["s"]);
        Assert.True(await store.TryWriteAsync(row, row = row with { Counter = 3, Checkpoint = LeaseCheckpoint.End }, default));
        Assert.True(kept.Of["s"].IsFinished);
        Assert.False(await store.TryWriteAsync(Lease("s"), Lease("s") with { Checkpoint = ModelShard.At(1), Counter = 1 }, default));
        Assert.True(kept.Of["s"].IsFinished);
    }

    [Fact]
    public async Task A_write_that_the_store_refuses_leaves_the_lease_as_it_was()
    {
        var store = Store();
        var row = Lease("s");
        await store.TryWriteAsync(null, row, default);
        kept.IsAway = true;
        await Assert.ThrowsAsync<TransportException>(async () => await store.TryWriteAsync(row, row with { Counter = 1, Checkpoint = ModelShard.At(2) }, default));
        Assert.Equal(row, await store.ReadAsync("s", default));
    }

    /// <summary>A group that begins at the latest record, stopped while shard a was closed and not handled to its end.</summary>
    [Fact]
    public async Task After_a_restart_a_closed_shard_goes_on_and_its_children_begin_at_their_oldest_record()
    {
        kept.Of["a"] = new ShardCheckpoint { Handled = ModelShard.At(4).Handled };
        IReadOnlyList<Shard> listed = [new("a", [], ("0", "9"), true), new("b", ["a"], ("0", "9"), false)];
        var told = new Told();
        var table = new LeaseTable(Store(), new LeaseTableOptions("w", TimeSpan.FromSeconds(10), TimeSpan.Zero, LeaseCheckpoint.Latest(Then)), told, new FakeClock(), static _ => 0);
        await table.MatchAsync(_ => new(listed), default);
        await table.TakeAsync(default);
        var lease = Assert.Single(told.Taken);
        Assert.Equal(("a", ModelShard.At(4)), (lease.Shard, lease.Begin));
        Assert.True(await table.FinishAsync(lease, ["b"], _ => new(listed), default));
        await table.TakeAsync(default);
        Assert.Equal(("b", LeaseCheckpoint.Horizon), (told.Taken[1].Shard, told.Taken[1].Begin));

        // And once more: what is finished is not begun again.
        table = new LeaseTable(Store(), new LeaseTableOptions("w", TimeSpan.FromSeconds(10), TimeSpan.Zero, LeaseCheckpoint.Latest(Then)), told = new Told(), new FakeClock(), static _ => 0);
        await table.MatchAsync(_ => new(listed), default);
        await table.TakeAsync(default);
        Assert.Equal(("b", LeaseCheckpoint.Horizon), (Assert.Single(told.Taken).Shard, told.Taken[0].Begin));
    }

    [Fact]
    public async Task What_retention_removed_while_the_process_was_down_is_told()
    {
        kept.Of["a"] = new ShardCheckpoint { Handled = ModelShard.At(4).Handled };
        var table = new LeaseTable(Store(), new LeaseTableOptions("w", TimeSpan.FromSeconds(10), TimeSpan.Zero, LeaseCheckpoint.Latest(Then)), new Told(), new FakeClock(), static _ => 0);
        var matched = await table.MatchAsync(static _ => new([new Shard("b", ["a"], ("0", "9"), false)]), default);
        Assert.Equal("a", Assert.Single(matched.Removed).Shard);
        Assert.Equal(LeaseCheckpoint.Horizon, Assert.Single(matched.Created).Checkpoint);
        Assert.True(kept.Of["a"].IsFinished);
    }

    private CheckpointLeaseStore Store() => new(kept, "g", "stream");

    private static Lease Lease(string shard) => new() { Shard = shard, Checkpoint = LeaseCheckpoint.Horizon };

    private sealed class Kept : ICheckpointStore
    {
        public Dictionary<string, ShardCheckpoint> Of { get; } = [];

        public bool IsAway { get; set; }

        public int Writes { get; private set; }

        public ValueTask<ShardCheckpoint?> ReadAsync(ShardKey shard, CancellationToken stop)
        {
            Assert.Equal(("g", "stream"), (shard.Group, shard.Stream));
            return new(Of.GetValueOrDefault(shard.Shard));
        }

        public ValueTask WriteAsync(ShardKey shard, ShardCheckpoint checkpoint, CancellationToken stop)
        {
            if (IsAway) throw new TransportException("The disk is full.");
            Writes++;
            Of[shard.Shard] = checkpoint;
            return default;
        }

        public ValueTask DisposeAsync() => default;
    }

    private sealed class Told : ILeaseListener
    {
        public List<HeldLease> Taken { get; } = [];

        void ILeaseListener.Taken(HeldLease lease) => Taken.Add(lease);

        public void Wanted(HeldLease lease, DateTimeOffset deadline) => Assert.Fail("wanted");

        public void Lost(HeldLease lease, string why) => Assert.Fail(why);
    }
}
