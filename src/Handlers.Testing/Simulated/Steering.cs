using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing;

/// <summary>What an operator does to a running process, through the control of production: pause, resume, rewind, change the concurrency.</summary>
internal sealed class Steering(Schedule schedule)
{
    private readonly Chance chance = schedule.Chance;
    private readonly History history = schedule.History;
    private readonly string handler = schedule.Plan.Handler!;

    /// <summary>One act, in the process's own work.</summary>
    public void Steer(SimulatedProcess process)
    {
        var act = chance.Pick<Action<SimulatedProcess, HandlersControl>>([Pause, Pause, Rewind, Rewind, Limit]);
        process.Party.Post(() =>
        {
            if (process.IsRunning) act(process, process.Services.GetRequiredService<HandlersControl>());
        });
    }

    private void Pause(SimulatedProcess process, HandlersControl control)
    {
        var partition = chance.Of(0.3) ? null : Partition(process).Name;
        control.Pause(handler, partition);
        history.Add(FactKind.Paused, process.Number, text: partition);
        process.Party.After(chance.Milliseconds(10, 4_000), () =>
        {
            history.Add(FactKind.Resumed, process.Number, text: partition);
            control.Resume(handler, partition);
        });
    }

    private void Limit(SimulatedProcess process, HandlersControl control)
    {
        if (TopicOf(process).Settings.Ordering == Ordering.Lane) return;
        var most = chance.Pick([1, 3, 20]);
        var partition = chance.Of(0.5) ? null : Partition(process).Name;
        history.Add(FactKind.Limited, process.Number, number: partition is null ? most : 1, text: partition);
        control.SetConcurrency(handler, most, partition);
    }

    private void Rewind(SimulatedProcess process, HandlersControl control)
    {
        var partition = Partition(process);
        var last = (int)partition.Last;
        var to = last < 0 || chance.Of(0.2) ? StartPosition.Earliest : StartPosition.Behind(new Position(OrNone(chance.Below(last + 1))));
        history.Add(FactKind.Event, process.Number, text: $"rewind {partition} to {(to.After is { } after ? $"behind {after}" : "its beginning")}");
        _ = RewindAsync(control, to, partition.Name);
    }

    /// <summary>Some of the positions are none that there is: the lane then stays where it is.</summary>
    private static int OrNone(int position) => position % 5 == 4 ? position + 1_000_000 : position;

    private async Task RewindAsync(HandlersControl control, StartPosition to, string partition)
    {
        try
        {
            await control.RewindAsync(handler, to, partition);
        }
        catch (Exception e) when (e is InvalidOperationException or TransportException or OperationCanceledException)
        {
            history.Add(FactKind.Event, text: $"no rewind: {e.Message}");
        }
    }

    private static GroupTopic TopicOf(SimulatedProcess process) => process.Services.GetRequiredService<HandlersRuntime>().Subscriptions[0].Group.Topics[0];

    private SimulatedPartition Partition(SimulatedProcess process) => chance.Pick(schedule.Broker.Topic(TopicOf(process).Name).Partitions);
}
