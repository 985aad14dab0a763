using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing;

/// <summary>What one schedule is about: handlers, messages, options, and what chance may do with them.</summary>
internal sealed record SchedulePlan
{
    /// <summary>The cell of the delivery table, for people.</summary>
    public required string Cell { get; init; }

    /// <summary>What each process registers.</summary>
    public required Action<IServiceCollection, SimulatedProcess> Configure { get; init; }

    /// <summary>The name of a handler to steer, which writes down what comes to it; null: an application of which we know nothing.</summary>
    public string? Handler { get; init; }

    /// <summary>Whether one call takes many messages.</summary>
    public bool TakesLists { get; init; }

    /// <summary>What is published to the topics of the handlers: a part before the first process starts, the rest in the course of events.</summary>
    public required IReadOnlyList<OutgoingMessage> Messages { get; init; }

    /// <summary>What goes wrong between processes and broker, until the calm.</summary>
    public Faults Faults { get; init; } = Faults.None;

    /// <summary>How often work is held up.</summary>
    public double HoldUps { get; init; }

    /// <summary>How many processes there are at once.</summary>
    public int Processes { get; init; } = 3;

    /// <summary>How many events there are: rebalances, losses, crashes and the like.</summary>
    public int Events { get; init; } = 10;

    /// <summary>Whether processes crash. A task of a process that crashed is never looked at again, whatever it throws.</summary>
    public bool Crashes { get; init; } = true;

    /// <summary>Faults cease: from now on every handler must come to an end.</summary>
    public Action OnCalm { get; init; } = static () => { };
}

/// <summary>What holds for the messages of one topic.</summary>
/// <param name="Settings">Those of its handlers.</param>
/// <param name="Stage">0 for the topic that they declare, 1 for its first retry topic, and so on.</param>
internal sealed record Promise(HandlerSettings Settings, int Stage)
{
    /// <summary>As a process that has started knows it.</summary>
    public static Dictionary<string, Promise> Of(HandlersRuntime runtime) => runtime.Subscriptions
        .SelectMany(s => s.Group.Topics)
        .ToDictionary(t => t.Name, t => new Promise(t.Settings, t.Delay is { } delay ? t.Settings.RetryTopics.ToList().IndexOf(delay) + 1 : 0), StringComparer.Ordinal);
}
