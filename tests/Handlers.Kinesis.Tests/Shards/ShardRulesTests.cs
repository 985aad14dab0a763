using FsCheck;
using FsCheck.Fluent;

namespace Handlers.Kinesis.Tests;

public sealed class ShardRulesTests
{
    private static readonly DateTimeOffset Then = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);
    private static readonly IReadOnlySet<string> None = new HashSet<string>();

    [Fact]
    public void Whatever_is_split_merged_and_removed_nothing_is_forgotten_or_read_too_early()
    {
        var cases = from kind in Gen.Choose(0, 2)
                    from shards in Gen.Choose(1, 3)
                    from script in Gen.Choose(0, 255).ListOf()
                    select (kind, shards, script: script.Select(static b => (byte)b).ToArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(1_000).WithEndSize(150), Prop.ForAll(cases.ToArbitrary(), static c =>
        {
            LeaseCheckpoint begin = c.kind switch { 0 => LeaseCheckpoint.Horizon, 1 => LeaseCheckpoint.Latest(Then), _ => LeaseCheckpoint.At(Then) };
            var model = new ReshardModel(begin, c.shards, c.script);
            var wrong = model.Run();
            return (wrong is null).Label($"{begin.Kind}, {c.shards} shards{Environment.NewLine}{string.Join(Environment.NewLine, model.Told)}{Environment.NewLine}{wrong}");
        }));
    }

    [Fact]
    public void At_the_horizon_every_shard_gets_a_lease_parents_first()
    {
        var missing = ShardRules.Missing([Open("c", "a", "b"), Closed("b"), Closed("a")], [], LeaseCheckpoint.Horizon);
        Assert.Equal(["b", "a", "c"], missing.Select(static l => l.Shard));
        Assert.All(missing, static l => Assert.Equal(LeaseCheckpoint.Horizon, l.Checkpoint));
        Assert.Equal(["a", "b"], missing[2].Parents);
    }

    [Fact]
    public void At_a_time_every_shard_begins_there()
    {
        var missing = ShardRules.Missing([Closed("a"), Open("b", "a")], [], LeaseCheckpoint.At(Then));
        Assert.Equal([LeaseCheckpoint.At(Then), LeaseCheckpoint.At(Then)], missing.Select(static l => l.Checkpoint));
    }

    [Fact]
    public void At_the_latest_record_only_open_shards_get_a_lease()
    {
        var missing = ShardRules.Missing([Closed("a"), Open("b", "a"), Open("c")], [], LeaseCheckpoint.Latest(Then));
        Assert.Equal(["b", "c"], missing.Select(static l => l.Shard));
        Assert.All(missing, static l => Assert.Equal(LeaseCheckpoint.Latest(Then), l.Checkpoint));
    }

    [Fact]
    public void A_first_start_that_was_cut_off_goes_on_from_the_same_moment()
    {
        var missing = ShardRules.Missing([Open("a"), Open("b")], [Lease("a", LeaseCheckpoint.Latest(Then))], LeaseCheckpoint.Latest(Then.AddHours(1)));
        Assert.Equal(LeaseCheckpoint.Latest(Then), Assert.Single(missing).Checkpoint);
    }

    [Fact]
    public void A_descendant_begins_at_its_oldest_record_wherever_the_group_began()
    {
        foreach (var begin in new[] { LeaseCheckpoint.Horizon, LeaseCheckpoint.Latest(Then), LeaseCheckpoint.At(Then) })
        {
            // The parent between them is gone already.
            var missing = ShardRules.Missing([Open("c", "b")], [Lease("a", ModelShard.At(3)) with { Children = ["b"] }], begin);
            Assert.Equal(LeaseCheckpoint.Horizon, Assert.Single(missing).Checkpoint);
        }
    }

    [Fact]
    public void What_is_older_than_where_the_group_begins_is_skipped_in_children_too()
    {
        var parent = Lease("a", LeaseCheckpoint.At(Then));
        Assert.Equal(LeaseCheckpoint.At(Then), Assert.Single(ShardRules.Missing([Open("b", "a")], [parent], LeaseCheckpoint.At(Then))).Checkpoint);
        Assert.Equal(LeaseCheckpoint.Horizon, Assert.Single(ShardRules.Missing([Open("b", "a")], [parent with { Checkpoint = ModelShard.At(1) }], LeaseCheckpoint.At(Then))).Checkpoint);
    }

    [Fact]
    public void A_shard_that_was_done_and_deleted_does_not_come_back()
    {
        Assert.Empty(ShardRules.Missing([Closed("a"), Closed("b", "a"), Open("c", "b")], [Lease("c", ModelShard.At(1), "b")], LeaseCheckpoint.Horizon));
    }

    [Fact]
    public void A_child_waits_for_each_of_its_parents()
    {
        var child = Lease("c", LeaseCheckpoint.Horizon, "a", "b");
        Assert.False(MayBeRead(child, Lease("a", LeaseCheckpoint.End), Lease("b", ModelShard.At(1))));
        Assert.True(MayBeRead(child, Lease("a", LeaseCheckpoint.End), Lease("b", LeaseCheckpoint.End)));
        Assert.True(MayBeRead(child)); // deleted, or removed by retention before the group began
    }

    [Fact]
    public void A_child_waits_for_a_parent_whose_lease_is_still_to_be_made()
    {
        var child = Lease("c", LeaseCheckpoint.Horizon, "a");
        Assert.False(ShardRules.MayBeRead(child, new Dictionary<string, Lease>(), new HashSet<string> { "a" }, None));
    }

    [Fact]
    public void What_retention_removed_unhandled_is_told_and_blocks_nothing()
    {
        Lease[] leases = [Lease("a", ModelShard.At(1)), Lease("b", LeaseCheckpoint.Horizon, "a")];
        var removed = Assert.Single(ShardRules.Removed([Open("b", "a")], leases));
        Assert.Equal("a", removed.Shard);
        Assert.True(ShardRules.MayBeRead(leases[1], leases.ToDictionary(static l => l.Shard), None, new HashSet<string> { "a" }));
    }

    [Fact]
    public void A_list_that_lacks_an_open_shard_ends_nothing()
    {
        Assert.Empty(ShardRules.Removed([Open("b")], [Lease("a", ModelShard.At(1)), Lease("b", ModelShard.At(1))]));
        Assert.Empty(ShardRules.Removed([], [Lease("a", ModelShard.At(1)), Lease("b", LeaseCheckpoint.Horizon, "a")]));
        Assert.Empty(ShardRules.Deletable([], [Lease("a", LeaseCheckpoint.End)]));
    }

    [Fact]
    public void A_lease_is_deleted_when_its_children_have_been_begun()
    {
        Shard[] listed = [Closed("a"), Open("b", "a"), Open("c", "a")];
        var parent = Lease("a", LeaseCheckpoint.End);
        Assert.Empty(ShardRules.Deletable(listed, [parent, Lease("b", ModelShard.At(1), "a"), Lease("c", LeaseCheckpoint.Horizon, "a")]));
        Assert.Empty(ShardRules.Deletable(listed, [parent, Lease("b", ModelShard.At(1), "a")]));
        Assert.Empty(ShardRules.Deletable(listed, [parent with { Checkpoint = ModelShard.At(9) }, Lease("b", ModelShard.At(1), "a"), Lease("c", ModelShard.At(1), "a")]));
        Assert.Equal(parent, Assert.Single(ShardRules.Deletable(listed, [parent, Lease("b", ModelShard.At(1), "a"), Lease("c", LeaseCheckpoint.End, "a")])));
    }

    [Fact]
    public void A_lease_is_deleted_when_its_shard_is_gone_but_never_while_a_child_lacks_its_lease()
    {
        Assert.Single(ShardRules.Deletable([Open("b", "a")], [Lease("a", LeaseCheckpoint.End), Lease("b", LeaseCheckpoint.Horizon, "a")]));
        Assert.Empty(ShardRules.Deletable([Open("b", "a")], [Lease("a", LeaseCheckpoint.End)]));
    }

    private static bool MayBeRead(Lease lease, params Lease[] others) => ShardRules.MayBeRead(lease, others.ToDictionary(static l => l.Shard), None, None);

    private static Shard Open(string id, params string[] parents) => new(id, parents, ("0", "9"), false);

    private static Shard Closed(string id, params string[] parents) => new(id, parents, ("0", "9"), true);

    private static Lease Lease(string shard, LeaseCheckpoint checkpoint, params string[] parents) => new() { Shard = shard, Checkpoint = checkpoint, Parents = parents };
}
