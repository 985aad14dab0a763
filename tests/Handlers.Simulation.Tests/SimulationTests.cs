using Handlers.Testing;

namespace Handlers.Simulation.Tests;

[Collection(nameof(SimulationTests))] // one at a time: each takes every core there is, and what goes unobserved does not say where
public sealed class SimulationTests
{
    [Fact]
    public void Two_thousand_schedules_violate_nothing_and_meet_every_kind_of_lane_end_in_every_cell()
    {
        var run = SimulationRun.Of(first: 1, count: 2_000, threads: Environment.ProcessorCount);
        Assert.True(run.Violated == 0, string.Join(Environment.NewLine, run.Failures));
        Assert.True(run.Coverage.IsComplete, run.Coverage.ToString());
    }

    [Theory]
    [InlineData(7)]
    [InlineData(4711)]
    [InlineData(123_456_789)]
    public void A_seed_replays_exactly(int seed)
    {
        var first = Told((ulong)seed);
        var second = Told((ulong)seed);
        Assert.Equal(first, second);
        Assert.NotEqual(first, Told((ulong)seed + 1));
    }

    /// <summary>An owner that had lost its lane and did not know it came to another outcome, after the new owner had committed its own.</summary>
    [Fact]
    public void What_an_old_owner_makes_of_a_message_does_not_count()
    {
        var schedule = new Schedule(68_801, CellPlan.Of);
        schedule.Run();
        Assert.False(schedule.History.IsViolated, SimulationRun.Told(schedule));
    }

    [Fact]
    public void Each_schedule_has_two_hundred_messages_three_workers_and_two_rebalances()
    {
        for (var seed = 1UL; seed <= 40; seed++)
        {
            var schedule = new Schedule(seed, CellPlan.Of);
            schedule.Run();
            var facts = schedule.History.Facts.ToList();
            Assert.True(schedule.Plan.Messages.Count >= 200);
            Assert.True(facts.Where(f => f.Kind == FactKind.Started && f.At < TimeSpan.FromMilliseconds(500)).Select(f => f.Process).Distinct().Count() >= 3);
            Assert.True(facts.Count(f => f is { Kind: FactKind.Event, Text: "rebalance" }) >= 2);
        }
    }

    /// <summary>What came back on another thread would be neither in the order of the seed nor in virtual time.</summary>
    [Fact]
    public void Work_that_escapes_to_another_thread_is_a_violation()
    {
        var history = new History();
        var thread = new SimulationThread(new Chance(1), history);
        history.Thread = thread;
        var party = new SimulatedParty(thread);
        var other = new Thread(() => party.Post(() => { }));
        other.Start();
        other.Join();
        Assert.Equal("one thread", Assert.Single(history.Violations).Invariant);
    }

    [Fact]
    public void No_exception_goes_unobserved() => Assert.Empty(Unobserved.In(first: 5_000, count: 100));

    private static string Told(ulong seed)
    {
        var schedule = new Schedule(seed, CellPlan.Of);
        schedule.Run();
        return SimulationRun.Told(schedule);
    }
}
