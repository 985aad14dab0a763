using Handlers.Testing;

namespace Handlers.Kinesis.Tests;

public sealed class FetchPaceTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void An_interval_below_the_services_own_is_all_that_is_waited_for()
    {
        var pace = Pace(TimeSpan.FromMilliseconds(10));
        pace.Called();
        pace.Got(100 * 1024 * 1024);
        Assert.Equal(TimeSpan.FromMilliseconds(10), pace.Wait);
        clock.Advance(TimeSpan.FromMilliseconds(10));
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public void The_interval_is_the_least_pause()
    {
        var pace = Pace(TimeSpan.FromMilliseconds(700));
        pace.Called();
        clock.Advance(TimeSpan.FromMilliseconds(100));
        Assert.Equal(TimeSpan.FromMilliseconds(600), pace.Wait);
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Theory]
    [InlineData(10, 5)]
    [InlineData(2, 1)]
    [InlineData(1, 0.5)]
    public void An_answer_is_paid_for_at_two_megabytes_a_second(int megabytes, double seconds)
    {
        var pace = Pace(TimeSpan.FromMilliseconds(200));
        clock.Advance(TimeSpan.FromHours(1)); // which saves nothing up
        pace.Called();
        pace.Got(megabytes * 1024L * 1024);
        Assert.Equal(TimeSpan.FromSeconds(seconds), pace.Wait);
        clock.Advance(TimeSpan.FromSeconds(seconds));
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public void What_is_owed_adds_up()
    {
        var pace = Pace(TimeSpan.FromMilliseconds(200));
        pace.Got(2 * 1024 * 1024);
        clock.Advance(TimeSpan.FromSeconds(0.25));
        pace.Got(2 * 1024 * 1024);
        Assert.Equal(TimeSpan.FromSeconds(1.75), pace.Wait);
    }

    [Fact]
    public void No_interval_means_no_pace()
    {
        var pace = Pace(TimeSpan.Zero);
        for (var i = 0; i < 100; i++) pace.Called();
        pace.Got(100 * 1024 * 1024);
        Assert.Equal(TimeSpan.Zero, pace.Wait);
    }

    [Fact]
    public async Task Waiting_ends_when_it_is_time_or_when_it_is_given_up()
    {
        var pace = Pace(TimeSpan.FromMilliseconds(200));
        pace.Called();
        using var stop = new CancellationTokenSource();
        var given = pace.WaitAsync(stop.Token).AsTask();
        var waiting = pace.WaitAsync(CancellationToken.None).AsTask();
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => given);
        clock.Advance(TimeSpan.FromMilliseconds(199));
        Assert.False(waiting.IsCompleted);
        clock.Advance(TimeSpan.FromMilliseconds(1));
        await waiting;
    }

    private FetchPace Pace(TimeSpan interval) => new(interval, clock);
}
