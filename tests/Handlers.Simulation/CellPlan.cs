using Handlers.Testing;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Simulation;

/// <summary>A schedule over one cell of the table: what is registered, published, and set.</summary>
internal static class CellPlan
{
    private const int LeastMessages = 200;

    public static SchedulePlan Of(Schedule schedule)
    {
        var chance = schedule.Chance;
        var draw = Draw.Of(schedule);
        var messages = LeastMessages + chance.Below(40);
        var keys = chance.Pick([3, 10, 40]);
        var handler = new CellHandler(schedule, draw, messages);
        var options = Options(chance);
        return new SchedulePlan
        {
            Cell = draw.ToString(),
            Handler = CellHandler.Names[0],
            TakesLists = draw.Shape == Shape.Lists,
            Faults = chance.Of(0.1) ? Faults.None : Faults.Of(chance),
            HoldUps = chance.Pick([0, 0.002, 0.02]),
            Events = chance.Between(6, 14),
            Messages = [.. Enumerable.Range(0, messages).Select(id => Message(chance, draw, id, keys))],
            Configure = (services, process) => Configure(services, handler.For(process), options),
            OnCalm = handler.Calm,
        };
    }

    public static SchedulePlan WithoutCrashes(Schedule schedule) => Of(schedule) with { Crashes = false };

    private static OutgoingMessage Message(Chance chance, Draw draw, int id, int keys)
    {
        var message = SimulatedMessage.Of(Draw.Topic, id, chance.Of(0.1) ? null : $"k{chance.Below(keys)}");
        if (draw.Shape != Shape.Typed) return message;
        var type = chance.Of(0.05) ? "other" : chance.Pick(CellHandler.Types);
        return message with { Headers = new Headers(Header.Of("type", type)) };
    }

    private static void Configure(IServiceCollection services, IEnumerable<HandlerRegistration> registrations, HandlersOptions options)
    {
        var builder = HandlersBuilder.For(services);
        foreach (var registration in registrations) builder.Add(registration);
        builder.Configure(o =>
        {
            o.BatchSize = options.BatchSize;
            o.CommitInterval = options.CommitInterval;
            o.TransactionInterval = options.TransactionInterval;
            o.CommitAttempts = options.CommitAttempts;
            o.DrainShare = options.DrainShare;
            o.MaxUncommitted = options.MaxUncommitted;
            o.RevokeBudget = options.RevokeBudget;
            o.StopBudget = options.StopBudget;
        });
    }

    private static HandlersOptions Options(Chance chance) => new()
    {
        BatchSize = chance.Pick([1, 3, 20, 100]),
        CommitInterval = TimeSpan.FromMilliseconds(chance.Pick([100, 1_000, 5_000])),
        TransactionInterval = TimeSpan.FromMilliseconds(chance.Pick([10, 100, 1_000])),
        CommitAttempts = chance.Pick([1, 3, 10]),
        DrainShare = chance.Pick([0, 0.5, 1]),
        MaxUncommitted = chance.Pick([5, 40, 10_000]),
        RevokeBudget = TimeSpan.FromSeconds(chance.Pick([0, 1, 5])),
        StopBudget = TimeSpan.FromSeconds(chance.Pick([0, 1, 10])),
    };
}
