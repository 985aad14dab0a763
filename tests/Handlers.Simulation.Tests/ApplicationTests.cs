using System.Collections.Concurrent;
using System.Globalization;
using System.Text;
using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Simulation.Tests;

public sealed class Ledger
{
    private readonly ConcurrentDictionary<int, int> lines = new();

    public int Lines => lines.Count;

    /// <summary>Whether its handler works on another thread.</summary>
    public bool IsElsewhere { get; init; }

    public void Write(int id) => lines[id] = id; // by its number, so that a second time changes nothing
}

public sealed class LedgerHandler(Ledger ledger, TimeProvider time)
{
    [StreamHandler("payments", Group = "ledger", Ordering = Ordering.Key, Concurrency = 8)]
    [Retry(Attempts = 2, Delay = "100ms")]
    [DeadLetter("payments.dead")]
    public async Task OnPayment(string payment, CancellationToken stop)
    {
        await Task.Delay(TimeSpan.FromMilliseconds(5), time, stop);
        if (ledger.IsElsewhere) await Task.Run(() => { }, stop);
        ledger.Write(int.Parse(payment, CultureInfo.InvariantCulture));
    }
}

/// <summary>What a user of the simulation does: the application's own handlers, and a check of what they did.</summary>
[Collection(nameof(SimulationTests))]
public sealed class ApplicationTests
{
    private const int Payments = 120;

    [Fact]
    public void Handlers_do_their_work_in_every_schedule()
    {
        var report = Testing.Simulation.Run(40, seed => Application(seed));
        Assert.True(report.Violations.Count == 0, report.ToString());
    }

    [Fact]
    public void What_does_not_hold_is_told_with_its_seed_and_replays_exactly()
    {
        SimulatedApplication Wrong(ulong seed) => seed % 7 == 0 ? Application(seed, "the books do not balance") : Application(seed);
        var report = Testing.Simulation.Run(8, Wrong);
        var violation = Assert.Single(report.Violations);
        Assert.StartsWith("seed 7:", violation, StringComparison.Ordinal);
        Assert.Contains("the books do not balance", violation, StringComparison.Ordinal);
        Assert.Equal(violation, Assert.Single(Testing.Simulation.Replay(7, Wrong).Violations));
    }

    [Fact]
    public void A_handler_that_leaves_the_thread_is_told()
    {
        var report = Testing.Simulation.Replay(3, seed => Application(seed, elsewhere: true));
        Assert.Contains("one thread", Assert.Single(report.Violations), StringComparison.Ordinal);
    }

    private static SimulatedApplication Application(ulong _, string? check = null, bool elsewhere = false)
    {
        var ledger = new Ledger { IsElsewhere = elsewhere };
        return new SimulatedApplication
        {
            Configure = services => services.AddSingleton(ledger).AddStreamHandlers(),
            Messages = [.. Enumerable.Range(0, Payments).Select(Payment)],
            Check = () => check ?? (ledger.Lines == Payments ? null : $"{ledger.Lines} of {Payments} payments are in the ledger"),
        };
    }

    private static OutgoingMessage Payment(int id) => new()
    {
        Topic = "payments",
        Key = OutgoingMessage.Utf8($"account {id % 9}"),
        Body = Encoding.UTF8.GetBytes(id.ToString(CultureInfo.InvariantCulture)),
    };
}
