using Handlers.Testing;

namespace Handlers.Tests;

public sealed class CallTimingTests
{
    private const int Batch = 500;

    private readonly FakeClock clock = new();
    private readonly CallPace pace;
    private readonly CallTiming timing;

    public CallTimingTests()
    {
        pace = new CallPace(clock);
        timing = new CallTiming(pace);
        timing.Look(on: true);
    }

    [Fact]
    public void Up_to_ten_thousand_calls_a_second_each_is_timed()
    {
        for (var i = 0; i < 100; i++) Assert.Equal(Enumerable.Repeat(1, Batch), Timed(Batch, TimeSpan.FromMilliseconds(51)).Stands);
        for (var i = 0; i < 5000; i++) Assert.Equal([1], Timed(1, TimeSpan.FromMilliseconds(0.11)).Stands);
    }

    [Fact]
    public void Above_that_about_one_in_sixty_four_is_and_stands_for_those_before_it()
    {
        Hasten();
        var (timed, stood) = (0, 0);
        for (var i = 0; i < 1000; i++)
        {
            var (stands, untold) = Timed(Batch, TimeSpan.FromMilliseconds(1));
            timed += stands.Count;
            stood += stands.Sum() + untold;
            Assert.Equal((i + 1) * Batch, stood); // exact at the end of each batch
        }

        Assert.InRange(timed, 1000 * Batch / 66, 1000 * Batch / 63);
    }

    [Fact]
    public void Many_small_batches_are_as_fast_as_one_large_one()
    {
        for (var i = 0; i < 400; i++) Timed(10, TimeSpan.FromMicroseconds(20));
        Assert.InRange(Enumerable.Range(0, 1000).Sum(_ => Timed(10, TimeSpan.FromMicroseconds(20)).Stands.Count), 100, 200);
    }

    [Fact]
    public void Lanes_of_one_handler_are_fast_together()
    {
        CallTiming[] lanes = [.. Enumerable.Range(0, 100).Select(_ => new CallTiming(pace))];
        for (var i = 0; i < 30; i++)
        {
            foreach (var lane in lanes) Timed(lane, 10, default); // 200 a second each, and 20,000 in all
            clock.Advance(TimeSpan.FromMilliseconds(50));
        }

        Assert.True(pace.IsFast);
    }

    [Fact]
    public void A_handler_that_slows_down_is_timed_call_by_call_again()
    {
        Hasten();
        Timed(Batch, TimeSpan.FromSeconds(1)); // it took 2 ms a message
        Assert.Equal(Enumerable.Repeat(1, Batch), Timed(Batch, TimeSpan.FromSeconds(1)).Stands);
    }

    [Theory]
    [InlineData(2)]
    [InlineData(16)]
    [InlineData(32)]
    [InlineData(65)]
    public void Gaps_follow_no_period(int period)
    {
        Hasten();
        var met = new int[period];
        for (var i = 0; i < 64_000 * period / Batch; i++)
        {
            for (var n = 0; n < Batch; n++)
            {
                if (!timing.IsNext()) continue;
                met[((i * Batch) + n) % period]++;
                timing.Take();
            }

            clock.Advance(TimeSpan.FromMilliseconds(1));
            timing.Look(on: true);
        }

        Assert.All(met, times => Assert.InRange(times, 800, 1200)); // 1,000 each
    }

    [Fact]
    public async Task Workers_that_race_blur_a_count_and_nothing_else()
    {
        var calls = new CallTiming(new CallPace(TimeProvider.System));
        var (stood, smallest) = (0L, int.MaxValue);
        var workers = Enumerable.Range(0, 4).Select(_ => Task.Factory.StartNew(
            () =>
            {
                for (var i = 0; i < 100_000; i++)
                {
                    if (i % Batch == 0) Interlocked.Add(ref stood, calls.Look(on: true));
                    if (!calls.IsNext()) continue;
                    var stands = calls.Take();
                    Interlocked.Add(ref stood, stands);
                    if (stands < 1) Volatile.Write(ref smallest, stands);
                }
            }, TestContext.Current.CancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default)).ToList();
        await Task.WhenAll(workers);
        Assert.Equal(int.MaxValue, smallest);
        Assert.InRange(stood, 100_000, 1_600_000); // of 400,000
    }

    [Fact]
    public void Nothing_is_timed_while_nobody_wants_it()
    {
        timing.Look(on: false);
        Assert.Empty(Timed(Batch, TimeSpan.FromSeconds(1), on: false).Stands);
        timing.Look(on: true);
        Assert.Equal(Batch, Timed(Batch, TimeSpan.FromSeconds(1)).Stands.Count);
    }

    private void Hasten()
    {
        for (var i = 0; i < 4; i++) Timed(Batch, TimeSpan.FromMilliseconds(1));
        Assert.True(pace.IsFast);
    }

    private (IReadOnlyList<int> Stands, int Untold) Timed(int calls, TimeSpan elapsed, bool on = true) => Timed(timing, calls, elapsed, on);

    private (IReadOnlyList<int> Stands, int Untold) Timed(CallTiming lane, int calls, TimeSpan elapsed, bool on = true)
    {
        var stands = new List<int>();
        for (var i = 0; i < calls; i++)
            if (lane.IsNext()) stands.Add(lane.Take());
        clock.Advance(elapsed);
        return (stands, lane.Look(on));
    }
}
