using System.Collections.Concurrent;

namespace Handlers.Testing;

/// <summary>What became of one message.</summary>
/// <param name="Handler">The handler's name.</param>
/// <param name="Lane">Its lane.</param>
/// <param name="Position">Its position.</param>
/// <param name="Kind">The outcome.</param>
/// <param name="Exception">Why, where it was not handled.</param>
public sealed record HandlerOutcome(string Handler, LaneId Lane, Position Position, OutcomeKind Kind, Exception? Exception);

/// <summary>Hears outcomes from every lane's loop.</summary>
internal sealed class OutcomeRecorder : IOutcomeListener
{
    private readonly ConcurrentQueue<HandlerOutcome> outcomes = new();
    private readonly ConcurrentDictionary<(string Handler, string Topic, string Partition, Position Position), bool> final = new();

    public IReadOnlyList<HandlerOutcome> Outcomes => [.. outcomes];

    /// <summary>How many different messages of a topic have a final outcome.</summary>
    public long Final(string handler, string topic) => final.Keys.Count(k => k.Handler == handler && k.Topic == topic);

    public void OnOutcome(string handler, LaneId lane, Position position, Outcome outcome)
    {
        outcomes.Enqueue(new HandlerOutcome(handler, lane, position, outcome.Kind, outcome.Exception));
        if (outcome.IsFinal) final.TryAdd((handler, lane.Topic, lane.Partition, position), true);
    }
}
