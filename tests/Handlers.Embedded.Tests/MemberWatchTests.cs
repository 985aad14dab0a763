namespace Handlers.Embedded.Tests;

public sealed class MemberWatchTests
{
    private readonly TestTime time = new();
    private readonly MemberWatch watch;

    public MemberWatchTests()
    {
        time.Stand();
        watch = new MemberWatch(time, TimeSpan.FromSeconds(10));
    }

    private static Member Other(long counter) => new("other", counter, TimeSpan.FromSeconds(10), [1]);

    private List<Member> After(double seconds, long counter)
    {
        time.Suspend(TimeSpan.FromSeconds(seconds));
        return watch.Silent([Other(counter)]);
    }

    [Fact]
    public void A_member_is_silent_when_its_counter_stood_for_a_lease()
    {
        Assert.Empty(After(0, 1));
        Assert.Empty(After(4, 1));
        Assert.Empty(After(4, 1));
        Assert.Equal("other", Assert.Single(After(4, 1)).Name);
    }

    [Fact]
    public void Whoever_renews_is_not_silent()
    {
        Assert.Empty(After(0, 1));
        for (var i = 2; i < 20; i++) Assert.Empty(After(4, i));
    }

    [Fact]
    public void Time_in_which_nobody_watched_does_not_count()
    {
        Assert.Empty(After(0, 1));
        Assert.Empty(After(3600, 1));
        Assert.Empty(After(4, 1));
    }
}
