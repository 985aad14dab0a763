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

    /// <summary>The name of a handler to steer.</summary>
    public required string Handler { get; init; }

    /// <summary>Whether one call takes many messages.</summary>
    public bool TakesLists { get; init; }

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
    public static IReadOnlyDictionary<string, Promise> Of(IReadOnlyList<HandlerSettings> handlers)
    {
        var promises = new Dictionary<string, Promise>(StringComparer.Ordinal);
        foreach (var settings in handlers)
        {
            promises[settings.Topic] = new Promise(settings, 0);
            for (var i = 0; i < settings.RetryTopics.Count; i++)
                promises[GroupTopic.RetryTopic(settings.Topic, settings.Group!, settings.RetryTopics[i])] = new Promise(settings, i + 1);
        }

        return promises;
    }
}
