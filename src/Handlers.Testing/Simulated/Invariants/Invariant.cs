namespace Handlers.Testing;

/// <summary>
/// One thing that must hold in every schedule. It sees what happened outside of the core, never the core's own books. What it finds first
/// is told; what follows from that is not.
/// </summary>
internal abstract class Invariant(Schedule schedule)
{
    private History? history;

    /// <summary>In words that a report can use.</summary>
    public abstract string Name { get; }

    protected Schedule Schedule { get; } = schedule;

    /// <summary>Every invariant there is, fresh.</summary>
    public static IEnumerable<Invariant> All(Schedule schedule)
    {
        Invariant[] always =
        [
            new NoCommitPastTheUnhandled(schedule), new NoCommitBackwards(schedule), new NothingAfterLost(schedule), new OldOwnersAreFenced(schedule),
            new AtLeastOnce(schedule), new AtMostOnce(schedule), new OneAtATime(schedule), new FinishedMeansHandled(schedule),
            new StopsWithinBudget(schedule), new LettersAreKept(schedule), new WindowIsBounded(schedule), new DurableBeforeTheNext(schedule),
            new ResultsAreThereOnce(schedule),
        ];
        // What takes a handler that tells all: an application may have time limits, middleware, and threads of its own to think with.
        return schedule.Plan.Handler is null ? always
            : always.Concat([new OutcomesAreTrue(schedule), new ConcurrencyHolds(schedule), new StuckHoldsUpItself(schedule), new PausedMeansPaused(schedule)]);
    }

    public void Check(History facts)
    {
        history = facts;
        var before = facts.Violations.Count;
        foreach (ref readonly var fact in facts.Facts)
        {
            See(in fact);
            if (facts.Violations.Count > before) return;
        }

        End();
    }

    protected abstract void See(ref readonly Fact fact);

    protected virtual void End() { }

    protected void Violated(ref readonly Fact fact, string message) => history!.Violate(
        Name, $"{(fact.Process is { } process ? $"process {process}, " : "")}{(fact.Partition is { } partition ? $"lane {partition} epoch {fact.Epoch} position {fact.Position}: " : "")}{message}", fact.At);

    protected void Violated(string message) => history!.Violate(Name, message);

    /// <summary>What holds for the messages of a partition; null where nobody handles its topic.</summary>
    protected HandlerSettings? Of(SimulatedPartition? partition) => partition is null ? null : Schedule.Promises.GetValueOrDefault(partition.Topic)?.Settings;

    /// <summary>0 for the topic that a handler declares, 1 for its first retry topic, and so on.</summary>
    protected int StageOf(SimulatedPartition partition) => Schedule.Promises[partition.Topic].Stage;

    /// <summary>Whether an outcome is final.</summary>
    protected static bool IsFinal(ref readonly Fact outcome) =>
        (OutcomeKind)outcome.Number is OutcomeKind.Handled or OutcomeKind.Skipped or OutcomeKind.DeadLettered or OutcomeKind.Deferred;
}

/// <summary>What an invariant remembers of each assignment of a lane.</summary>
internal sealed class PerLane<T> where T : new()
{
    private readonly Dictionary<(SimulatedPartition, long), T> lanes = [];
    private (SimulatedPartition?, long) lastKey;
    private T? last; // facts come in runs of one lane

    public T Of(ref readonly Fact fact)
    {
        if (lastKey.Item1 == fact.Partition && lastKey.Item2 == fact.Epoch && last is not null) return last;
        if (!lanes.TryGetValue((fact.Partition!, fact.Epoch), out var state)) lanes.Add((fact.Partition!, fact.Epoch), state = new T());
        lastKey = (fact.Partition, fact.Epoch);
        return last = state;
    }
}
