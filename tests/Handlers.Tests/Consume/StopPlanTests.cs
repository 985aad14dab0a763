using Handlers.Testing;

namespace Handlers.Tests;

public sealed class StopPlanTests
{
    private readonly FakeClock clock = new();

    [Fact]
    public void Intake_ends_first_then_tokens_fire_then_nobody_waits_then_all_is_over()
    {
        var plan = new StopPlan(clock);
        plan.Begin(TimeSpan.FromSeconds(20), drainShare: 0.5);
        Assert.Equal((true, false, false, false), State(plan));
        clock.Advance(TimeSpan.FromSeconds(10));
        Assert.Equal((true, true, false, false), State(plan));
        clock.Advance(TimeSpan.FromSeconds(8));
        Assert.Equal((true, true, true, false), State(plan));
        clock.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal((true, true, true, true), State(plan));
    }

    [Fact]
    public void A_plan_that_begins_takes_those_below_it_along_and_not_the_one_above()
    {
        var above = new StopPlan(clock);
        var plan = new StopPlan(clock, above);
        var below = new StopPlan(clock, plan);
        plan.Begin(TimeSpan.FromSeconds(2), drainShare: 0);
        Assert.Equal((false, false, false, false), State(above));
        Assert.Equal((true, true, false, false), State(below));
    }

    [Fact]
    public void A_second_signal_fires_tokens_at_once_and_leaves_a_moment_to_those_who_listen()
    {
        var plan = new StopPlan(clock);
        plan.Begin(TimeSpan.FromSeconds(20), drainShare: 0.5);
        plan.BeginAtOnce();
        Assert.Equal((true, true, false, false), State(plan));
        clock.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal((true, true, true, true), State(plan));
    }

    [Fact]
    public void A_deadline_that_has_passed_gives_up_at_once()
    {
        var plan = new StopPlan(clock);
        plan.Begin(TimeSpan.FromSeconds(-1), drainShare: 0.5);
        Assert.Equal((true, true, true, true), State(plan));
    }

    [Fact]
    public void A_closed_plan_is_not_taken_along()
    {
        var above = new StopPlan(clock);
        var plan = new StopPlan(clock, above);
        plan.Close();
        above.Begin(TimeSpan.Zero, 0);
        Assert.Equal((false, false, false, false), State(plan));
    }

    private static (bool Intake, bool Handlers, bool Abandon, bool End) State(StopPlan plan) => (
        plan.Intake.IsCancellationRequested, plan.Handlers.IsCancellationRequested, plan.Abandon.IsCancellationRequested, plan.End.IsCancellationRequested);
}
