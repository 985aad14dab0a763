using System.Globalization;

namespace Handlers.Kinesis.Tests;

/// <summary>
/// The coordinator against a store with faults, under schedules. <c>LEASE_SCHEDULES</c> says how many; <c>LEASE_SEED</c> runs one again, as the failure
/// says.
/// </summary>
public sealed class LeaseScheduleTests
{
    private const ulong First = 1;

    [Fact]
    public void Under_every_schedule_each_lease_has_one_reader_and_everything_comes_to_its_end()
    {
        if (Environment.GetEnvironmentVariable("LEASE_SEED") is { } asked)
        {
            var one = Run(ulong.Parse(asked, CultureInfo.InvariantCulture), isTold: true);
            Assert.False(one.IsViolated, one.Told());
            return;
        }

        var count = Environment.GetEnvironmentVariable("LEASE_SCHEDULES") is { } many ? ulong.Parse(many, CultureInfo.InvariantCulture) : 400;
        var taken = 0;
        var refused = 0;
        for (var seed = First; seed < First + count; seed++)
        {
            var schedule = Run(seed, isTold: false);
            if (schedule.IsViolated) Assert.Fail($"{Run(seed, isTold: true).Told()}{Environment.NewLine}Again: LEASE_SEED={seed}");
            taken += schedule.Taken;
            refused += schedule.Refused;
        }

        // Schedules in which nothing is contended would hold for anything.
        Assert.True(taken > (int)count * 4, $"only {taken} leases were taken in {count} schedules");
        Assert.True(refused > (int)count, $"only {refused} writes were refused in {count} schedules");
    }

    [Fact]
    public void A_seed_runs_the_same_each_time()
    {
        for (var seed = 1_000UL; seed < 1_005; seed++) Assert.Equal(Run(seed, isTold: true).Told(), Run(seed, isTold: true).Told());
    }

    private static LeaseSchedule Run(ulong seed, bool isTold)
    {
        var schedule = new LeaseSchedule(seed, isTold);
        schedule.Run();
        return schedule;
    }
}
