namespace Handlers.Kinesis.Tests;

/// <summary>Leases that go from one worker to another.</summary>
public sealed partial class LeaseTableTests
{
    [Fact]
    public async Task A_lease_is_handed_over_with_what_its_worker_has_finished_meanwhile()
    {
        var a = await StartAsync("a", "s", "t");
        var b = await StartAsync("b", "s", "t");
        await b.Table.TakeAsync(default);
        Assert.Empty(b.Taken);
        var asked = (await store.Rows.ListAsync(default)).Single(static r => r.Owner == "b");
        Assert.Equal("a", asked.HandedOverBy);
        Assert.Equal(1, asked.Counter); // as the library leaves it

        clock.Advance(LeaseTime / 3);
        await a.Table.RenewAsync(default);
        var (wanted, deadline) = Assert.Single(a.Wanted);
        Assert.Equal(asked.Shard, wanted.Shard);
        Assert.Equal(clock.GetUtcNow() + HandOverTime - (LeaseTime / 3), deadline);
        Assert.True(await a.Table.CheckpointAsync(wanted, ModelShard.At(9), default));
        await b.Table.RenewAsync(default);
        Assert.Empty(b.Taken);

        await a.Table.ReleaseAsync(wanted, default);
        await b.Table.RenewAsync(default);
        Assert.Equal(ModelShard.At(9), Assert.Single(b.Taken).Begin);
        Assert.Equal(("b", null), ((await store.RowAsync(wanted.Shard)).Owner, (await store.RowAsync(wanted.Shard)).HandedOverBy));
        Assert.Empty(a.Lost);
        Assert.Single(a.Wanted);
    }

    /// <summary>A Kinesis Client Library of version 2 does not know who hands over, and leaves the name of that one in the row.</summary>
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Who_hands_over_is_fenced_by_a_worker_of_the_librarys_version_2_that_takes_the_lease(bool isKnown)
    {
        var a = await StartAsync("a", "s", "t");
        var b = await StartAsync("b", "s", "t");
        await b.Table.TakeAsync(default);
        var asked = (await store.Rows.ListAsync(default)).Single(static r => r.Owner == "b");
        if (isKnown) await a.Table.RenewAsync(default);
        var row = await store.RowAsync(asked.Shard);
        Assert.True(store.Rows.TryWrite(row, row with { Owner = "kcl-2", Counter = row.Counter + 1, OwnerSwitches = row.OwnerSwitches + 1 }));
        Assert.False(await a.Table.CheckpointAsync(a.Taken.Single(l => l.Shard == asked.Shard), ModelShard.At(9), default));
        Assert.Equal(LeaseCheckpoint.Horizon, (await store.RowAsync(asked.Shard)).Checkpoint);
        Assert.Single(a.Lost);
    }

    [Fact]
    public async Task Who_does_not_hand_over_in_time_is_fenced()
    {
        var a = await StartAsync("a", "s", "t");
        var b = await StartAsync("b", "s", "t");
        await b.Table.TakeAsync(default);
        HeldLease? wanted = null;
        for (var passed = TimeSpan.Zero; passed < HandOverTime; passed += TimeSpan.FromSeconds(3))
        {
            await a.Table.RenewAsync(default);
            wanted ??= Assert.Single(a.Wanted).Lease;
            await b.Table.RenewAsync(default);
            Assert.Empty(b.Taken);
            clock.Advance(TimeSpan.FromSeconds(3));
        }

        await b.Table.RenewAsync(default);
        Assert.Equal(wanted!.Shard, Assert.Single(b.Taken).Shard);
        Assert.False(await a.Table.CheckpointAsync(wanted, ModelShard.At(9), default));
        Assert.Contains("not handed over", Assert.Single(a.Lost).Why, StringComparison.Ordinal);
    }

    [Fact]
    public async Task However_short_the_time_to_hand_over_a_lease_is_not_taken_before_its_lease_time_is_over()
    {
        // The former owner may not have heard of it.
        var a = await StartAsync("a", "s", "t");
        var b = Worker("b", handOver: TimeSpan.FromSeconds(1));
        await StartAsync(b, "s", "t");
        clock.Advance(LeaseTime - TimeSpan.FromTicks(1));
        await b.Table.RenewAsync(default);
        Assert.Empty(b.Taken);
        clock.Advance(TimeSpan.FromTicks(1));
        await b.Table.RenewAsync(default);
        Assert.Single(b.Taken);
        Assert.Empty(a.Wanted);
    }

    [Fact]
    public async Task A_lease_is_not_taken_while_its_parent_is_only_missing_in_the_list()
    {
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "p", Checkpoint = ModelShard.At(1) }, default);
        await store.Rows.TryWriteAsync(null, new Lease { Shard = "c", Checkpoint = LeaseCheckpoint.Horizon, Parents = ["p"] }, default);
        store.Unlisted = "p";
        var a = Worker("a");
        await a.Table.MatchAsync(_ => new([new Shard("c", ["p"], ("0", "9"), false)]), default);
        await a.Table.TakeAsync(default);
        Assert.Empty(a.Taken);
    }

    [Fact]
    public async Task A_worker_that_knows_no_hand_over_loses_the_lease_to_the_counter()
    {
        // As version 2 of the library does: it writes on the counter alone.
        var a = await StartAsync("a", "s", "t");
        foreach (var lease in a.Table.Held) await a.Table.ReleaseAsync(lease, default);
        foreach (var row in await store.Rows.ListAsync(default)) store.Rows.TryWrite(row, row with { Owner = "kcl", Counter = row.Counter + 1 });
        var b = await StartAsync("b", "s", "t");
        await b.Table.TakeAsync(default);
        var asked = (await store.Rows.ListAsync(default)).Single(static r => r.Owner == "b");
        for (var passed = TimeSpan.Zero; passed < HandOverTime; passed += TimeSpan.FromSeconds(3))
        {
            var row = await store.RowAsync(asked.Shard);
            store.Rows.TryWrite(row, row with { Counter = row.Counter + 1, Checkpoint = ModelShard.At(3) }); // it goes on
            await b.Table.RenewAsync(default);
            Assert.Empty(b.Taken);
            clock.Advance(TimeSpan.FromSeconds(3));
        }

        var before = await store.RowAsync(asked.Shard);
        await b.Table.RenewAsync(default);
        Assert.Equal(ModelShard.At(3), Assert.Single(b.Taken).Begin);
        Assert.Equal(before.Counter + 1, (await store.RowAsync(asked.Shard)).Counter);
    }
}
