using FsCheck;
using FsCheck.Fluent;
using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

public sealed class LeaseRulesTests
{
    [Fact]
    public void A_single_worker_takes_everything_that_is_free() =>
        Assert.Equal(5, Choose("a", Free(5)).Free.Count);

    [Fact]
    public void Free_leases_are_taken_up_to_the_share()
    {
        // 7 leases, 2 workers: 4 each at most.
        var taking = Choose("a", [.. Owned("b", 2), .. Free(5)]);
        Assert.Equal(4, taking.Free.Count);
        Assert.Null(taking.Steal);
    }

    [Fact]
    public void Nothing_is_asked_for_while_something_is_free()
    {
        var taking = Choose("a", [.. Owned("b", 9), .. Free(1)]);
        Assert.Single(taking.Free);
        Assert.Null(taking.Steal);
    }

    [Fact]
    public void One_lease_is_asked_for_of_who_has_most()
    {
        var taking = Choose("a", [.. Owned("b", 2), .. Owned("c", 6)]);
        Assert.Empty(taking.Free);
        Assert.Equal("c", taking.Steal?.Owner);
    }

    [Fact]
    public void Nothing_is_asked_for_where_shares_are_equal_but_for_one()
    {
        Assert.Null(Choose("a", [.. Owned("a", 2), .. Owned("b", 3)]).Steal);
        Assert.Null(Choose("a", [.. Owned("a", 1), .. Owned("b", 2), .. Owned("c", 2)]).Steal);
        Assert.Null(Choose("a", Owned("b", 1)).Steal);
    }

    [Fact]
    public void A_worker_with_nothing_gets_one_where_all_others_have_just_their_share() =>
        Assert.NotNull(Choose("a", [.. Owned("b", 2), .. Owned("c", 2)]).Steal);

    [Fact]
    public void What_is_being_handed_over_is_not_asked_for_again() =>
        Assert.Null(Choose("a", [.. Owned("b", 4).Select(l => l with { Lease = l.Lease with { HandedOverBy = "c" } })]).Steal);

    [Fact]
    public void What_nobody_takes_for_long_is_taken_beyond_the_share()
    {
        LeaseSeen[] old = [.. Free(2).Select(l => l with { IsLongFree = true })];
        Assert.Equal(2, Choose("a", [.. Owned("a", 3), .. Owned("b", 1), .. old]).Free.Count);
        Assert.Empty(Choose("a", [.. Owned("a", 3), .. Owned("b", 1), .. Free(2)]).Free);
    }

    /// <summary>From any beginning, workers that take in any order come to equal shares, and then to rest.</summary>
    [Fact]
    public void Shares_become_equal_and_stay()
    {
        var cases = from workers in Gen.Choose(1, 6)
                    from owners in Gen.Choose(-1, workers - 1).ListOf()
                    from seed in Gen.Choose(0, int.MaxValue)
                    select (workers, owners: owners.ToArray(), seed);
        Prop.ForAll(cases.ToArbitrary(), c => Balances(c.workers, c.owners, c.seed)).QuickCheckThrowOnFailure();
    }

    private static bool Balances(int workers, int[] owners, int seed)
    {
        var chance = new Chance((ulong)seed);
        var leases = owners.Select((o, i) => Lease(i, o < 0 ? null : $"w{o}")).ToArray();
        var quiet = 0;
        for (var round = 0; quiet < 3; round++)
        {
            if (round > 200) return false;
            var moved = false;
            foreach (var worker in Enumerable.Range(0, workers).OrderBy(_ => chance.Below(1_000)).Select(static w => $"w{w}").ToList())
            {
                var taking = LeaseRules.Choose([.. leases.Select(static l => new LeaseSeen(l, l.Owner is null, false))], worker, chance.Below);
                foreach (var taken in taking.Free.Concat(taking.Steal is { } steal ? [steal] : []))
                {
                    moved = true;
                    if (taken.Owner == worker) return false;
                    leases[Array.IndexOf(leases, taken)] = taken with { Owner = worker };
                }
            }

            quiet = moved ? 0 : quiet + 1;
        }

        var loads = Enumerable.Range(0, workers).Select(w => leases.Count(l => l.Owner == $"w{w}")).ToList();
        return leases.All(static l => l.Owner is not null) && (leases.Length == 0 || loads.Max() - loads.Min() <= 1);
    }

    private static Taking Choose(string worker, IReadOnlyList<LeaseSeen> work) => LeaseRules.Choose(work, worker, static _ => 0);

    private static LeaseSeen[] Owned(string worker, int count) => [.. Enumerable.Range(0, count).Select(i => new LeaseSeen(Lease(i, worker), false, false))];

    private static LeaseSeen[] Free(int count) => [.. Enumerable.Range(0, count).Select(i => new LeaseSeen(Lease(i, null), true, false))];

    private static Lease Lease(int number, string? owner) => new() { Shard = $"{owner}{number}", Owner = owner, Checkpoint = LeaseCheckpoint.Horizon };
}
