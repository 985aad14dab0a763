using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

public sealed class LeaseWatchTests
{
    private static readonly TimeSpan LeaseTime = TimeSpan.FromSeconds(10);

    private readonly FakeClock clock = new();
    private readonly LeaseWatch watch;

    public LeaseWatchTests() => watch = new LeaseWatch(clock, LeaseTime);

    private static Lease Row => new() { Shard = "s", Owner = "a", Counter = 7, Checkpoint = LeaseCheckpoint.Horizon };

    [Fact]
    public void A_lease_that_was_never_seen_is_not_expired_however_old_it_is()
    {
        clock.Advance(TimeSpan.FromDays(1));
        Assert.False(watch.IsFree(Row));
        watch.See(Row);
        Assert.False(watch.IsFree(Row));
    }

    [Fact]
    public void A_row_that_stands_still_for_the_lease_time_is_free()
    {
        watch.See([Row]);
        clock.Advance(LeaseTime - TimeSpan.FromTicks(1));
        watch.See([Row]);
        Assert.False(watch.IsFree(Row));
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.True(watch.IsFree(Row));
        Assert.False(watch.IsLongFree(Row));
        clock.Advance(LeaseTime * 2);
        Assert.True(watch.IsLongFree(Row));
    }

    [Fact]
    public void Each_change_of_owner_counter_or_hand_over_begins_its_time_anew()
    {
        foreach (var change in new Func<Lease, Lease>[] { r => r with { Counter = 8 }, r => r with { Owner = "b" }, r => r with { HandedOverBy = "a" } })
        {
            watch.See([Row]);
            clock.Advance(LeaseTime);
            var changed = change(Row);
            Assert.False(watch.IsFree(changed)); // not seen as it is now
            watch.See([changed]);
            Assert.False(watch.IsFree(changed));
            clock.Advance(LeaseTime);
            Assert.True(watch.IsFree(changed));
            watch.See([]);
        }
    }

    [Fact]
    public void A_row_of_nobody_is_free_at_once()
    {
        var row = Row with { Owner = null };
        Assert.True(watch.IsFree(row));
        watch.See([row]);
        Assert.False(watch.IsLongFree(row));
    }

    [Fact]
    public void What_was_gone_in_between_begins_anew()
    {
        watch.See([Row]);
        clock.Advance(LeaseTime);
        watch.See([]);
        watch.See([Row]);
        Assert.False(watch.IsFree(Row));
    }
}
