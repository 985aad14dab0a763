using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Testing;

/// <summary>What one schedule is about: handlers, messages, options, and what chance may do with them.</summary>
internal sealed record SchedulePlan
{
    /// <summary>The cell of the delivery table, for people.</summary>
    public required string Cell { get; init; }

    /// <summary>What each process registers.</summary>
    public required Action<IServiceCollection, SimulatedProcess> Configure { get; init; }

    /// <summary>The handlers' settings, as they count: what is promised.</summary>
    public required IReadOnlyList<HandlerSettings> Handlers { get; init; }

    /// <summary>The options of each process.</summary>
    public required HandlersOptions Options { get; init; }

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

    /// <summary>Faults cease: from now on every handler must come to an end.</summary>
    public Action OnCalm { get; init; } = static () => { };
}
