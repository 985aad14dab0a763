using Handlers.Testing;

namespace Handlers.Tests;

public sealed class SpanBudgetTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void A_second_brings_as_many_and_no_more_are_saved_up()
    {
        var budget = new SpanBudget(100, clock);
        Assert.Equal(100, Drained(budget));
        Assert.Equal(0, Drained(budget));
        clock.Advance(TimeSpan.FromSeconds(0.5));
        Assert.Equal(50, Drained(budget));
        clock.Advance(TimeSpan.FromHours(1));
        Assert.Equal(100, Drained(budget));
    }

    [Fact]
    public void A_lane_with_much_to_do_leaves_some_to_those_with_little()
    {
        var budget = new SpanBudget(100, clock);
        var taken = 0;
        for (var i = 0; i < 1000; i++)
        {
            clock.Advance(TimeSpan.FromMilliseconds(1));
            taken += budget.Take(500);
        }

        Assert.InRange(taken, 150, 200); // the first hundred, and those of a second
        Assert.Equal(1, budget.Take(1));
    }

    private static int Drained(SpanBudget budget)
    {
        var taken = 0;
        while (budget.Take(1) == 1) taken++;
        return taken;
    }
}
