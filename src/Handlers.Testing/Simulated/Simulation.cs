using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing;

/// <summary>
/// Runs an application's real handlers, through their generated code and the runtime of production, under schedules that a seed decides:
/// rebalances, lanes that are lost, slow and failing calls to the broker, commits that fail, crashes, restarts, stops. One thread, virtual
/// time, thousands of schedules a minute; a seed that fails replays exactly.
/// </summary>
/// <example>
/// <code>
/// var report = Simulation.Run(1_000, seed =>
/// {
///     var bank = new Bank();
///     return new SimulatedApplication
///     {
///         Configure = services => services.AddSingleton&lt;IBank>(bank).AddStreamHandlers(),
///         Messages = [.. Enumerable.Range(0, 200).Select(i => new OutgoingMessage { Topic = "orders", Key = ..., Body = ... })],
///         Check = () => bank.Orders == 200 ? null : $"{bank.Orders} orders are charged",
///     };
/// });
/// Assert.True(report.Violations.Count == 0, report.ToString());
/// </code>
/// </example>
public static class Simulation
{
    /// <summary>Runs schedules from seed 1 on, each with an application of its own. Each runs on one thread; as many threads as there are cores.</summary>
    /// <param name="schedules">How many.</param>
    /// <param name="application">The application of a seed. Called on several threads.</param>
    public static SimulationReport Run(int schedules, Func<ulong, SimulatedApplication> application)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(schedules, 1);
        ArgumentNullException.ThrowIfNull(application);
        var violations = new SortedDictionary<ulong, string>();
        Parallel.For(1, schedules + 1, seed =>
        {
            if (Violation((ulong)seed, application) is not { } violation) return;
            lock (violations) violations.Add((ulong)seed, violation);
        });
        return new SimulationReport(schedules, [.. violations.Values]);
    }

    /// <summary>Runs the schedule of one seed again, exactly.</summary>
    public static SimulationReport Replay(ulong seed, Func<ulong, SimulatedApplication> application)
    {
        ArgumentNullException.ThrowIfNull(application);
        return new SimulationReport(1, Violation(seed, application) is { } violation ? [violation] : []);
    }

    private static string? Violation(ulong seed, Func<ulong, SimulatedApplication> application)
    {
        SimulatedApplication run = null!;
        var schedule = new Schedule(seed, s => Plan(s, run = application(seed)));
        schedule.Run();
        if (!schedule.History.IsViolated && run.Check() is { } wrong) schedule.History.Violate("the application's own check", wrong);
        return schedule.History.IsViolated ? schedule.Told($"Simulation.Replay({seed}, ...)") : null;
    }

    private static SchedulePlan Plan(Schedule schedule, SimulatedApplication application) => new()
    {
        Cell = "an application",
        Configure = (services, process) =>
        {
            application.Configure(services);
            HandlersBuilder.For(services); // in case nothing was added: the start says so
            JournaledHandlers.Around(services, process, schedule.History);
        },
        Messages = application.Messages,
        Faults = Faults.Of(schedule.Chance),
        HoldUps = schedule.Chance.Pick([0, 0.002, 0.02]),
        Events = schedule.Chance.Between(6, 14),
        Processes = application.Processes,
    };
}

/// <summary>What a schedule runs: made anew for each seed, so that schedules share nothing.</summary>
public sealed class SimulatedApplication
{
    /// <summary>
    /// What each process registers: <c>services.AddStreamHandlers()</c> and its services. Called at each start of a process; what outlives
    /// one (a database) is shared by closing over it. Transports that it adds are replaced. Handlers take time from the
    /// <see cref="TimeProvider"/> and start no work on other threads: what does is a violation.
    /// </summary>
    public required Action<IServiceCollection> Configure { get; init; }

    /// <summary>What is published, a part of it before the first process starts. Each topic is read by one group.</summary>
    public required IReadOnlyList<OutgoingMessage> Messages { get; init; }

    /// <summary>Called when all is handled and committed: what is wrong with what the handlers did; null: nothing.</summary>
    public Func<string?> Check { get; init; } = static () => null;

    /// <summary>How many processes there are at once. Default 3.</summary>
    public int Processes { get; init; } = 3;
}

/// <summary>What schedules came to.</summary>
/// <param name="Schedules">How many ran.</param>
/// <param name="Violations">Of each that failed: its seed, its events in virtual time, and what did not hold.</param>
public sealed record SimulationReport(int Schedules, IReadOnlyList<string> Violations)
{
    /// <summary>The first that failed, in full, and the count.</summary>
    public override string ToString() =>
        string.Join(Environment.NewLine, Violations.Take(1).Append($"{Schedules} schedules {Violations.Count} violations"));
}
