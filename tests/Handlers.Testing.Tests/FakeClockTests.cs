namespace Handlers.Testing.Tests;

public sealed class FakeClockTests
{
    [Fact]
    public async Task Time_stands_still_until_it_is_advanced()
    {
        var clock = new FakeClock();
        var delay = Task.Delay(TimeSpan.FromHours(1), clock, TestContext.Current.CancellationToken);
        clock.Advance(TimeSpan.FromMinutes(59));
        Assert.False(delay.IsCompleted);
        clock.Advance(TimeSpan.FromMinutes(1));
        await delay;
        Assert.Equal(new DateTimeOffset(2000, 1, 1, 1, 0, 0, TimeSpan.Zero), clock.GetUtcNow());
    }

    [Fact]
    public void Timers_run_in_the_order_of_their_due_times_and_see_that_time()
    {
        var clock = new FakeClock();
        var seen = new List<string>();
        using var late = clock.CreateTimer(_ => seen.Add($"late {Seconds()}"), null, TimeSpan.FromSeconds(3), Timeout.InfiniteTimeSpan);
        using var often = clock.CreateTimer(_ => seen.Add($"often {Seconds()}"), null, TimeSpan.FromSeconds(2), TimeSpan.FromSeconds(2));
        clock.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(["often 2", "late 3", "often 4"], seen);

        double Seconds() => (clock.GetUtcNow() - new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero)).TotalSeconds;
    }

    [Fact]
    public void A_disposed_timer_does_not_run()
    {
        var clock = new FakeClock();
        clock.CreateTimer(_ => Assert.Fail("It ran."), null, TimeSpan.FromSeconds(1), Timeout.InfiniteTimeSpan).Dispose();
        clock.Advance(TimeSpan.FromSeconds(2));
    }
}
