namespace Handlers.Testing;

/// <summary>
/// What became a dead letter, or was put off to a retry topic, stands there before its outcome is final, as it was, under the id of the place
/// where it was first read. So it does when it is published again. With transactions it stands there when the position is committed.
/// </summary>
internal sealed class LettersAreKept(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<(string Topic, string Id)> published = [];
    private readonly Dictionary<int, string> ids = []; // of each message
    private readonly PerLane<Queue<Fact>> uncommitted = new(); // outcomes whose letters are in a transaction that is to come

    public override string Name => "no dead letter is lost, and a repeated one has the same id";

    protected override void See(ref readonly Fact fact)
    {
        if (fact.Kind == FactKind.Appended) Published(in fact);
        if (fact.Kind == FactKind.Committed && Of(fact.Partition) is { Commit: Commit.Transaction } transactional) Committed(in fact, transactional);
        if (fact.Kind != FactKind.Outcome || (OutcomeKind)fact.Number is not (OutcomeKind.DeadLettered or OutcomeKind.Deferred)) return;
        var settings = Of(fact.Partition)!;
        if (settings.Commit == Commit.Transaction) uncommitted.Of(in fact).Enqueue(fact);
        else Check(in fact, settings);
    }

    private void Committed(ref readonly Fact committed, HandlerSettings settings)
    {
        var outcomes = uncommitted.Of(in committed);
        for (var left = outcomes.Count; left > 0; left--)
        {
            var outcome = outcomes.Dequeue();
            if (outcome.Position <= committed.Position) Check(in outcome, settings);
            else outcomes.Enqueue(outcome);
        }
    }

    private void Check(ref readonly Fact fact, HandlerSettings settings)
    {
        var topic = (OutcomeKind)fact.Number == OutcomeKind.DeadLettered
            ? settings.DeadLetter!
            : GroupTopic.RetryTopic(settings.Topic, settings.Group!, settings.RetryTopics[StageOf(fact.Partition!)]);
        var id = IdOf(fact.Partition!, fact.Position);
        if (!published.Contains((topic, id))) Violated(in fact, $"is {(OutcomeKind)fact.Number}, and '{topic}' has no message {id}");
    }

    private void Published(ref readonly Fact fact)
    {
        if (Of(fact.Partition) is not null && StageOf(fact.Partition!) == 0) return;
        var message = fact.Partition!.Messages[fact.Partition.IndexBehind(fact.Position - 1)];
        var number = SimulatedMessage.IdOf(message.Body);
        if (fact.Text is not { } id) return; // what a handler publishes

        published.Add((fact.Partition.Topic, id));
        if (number >= 0 && !ids.TryAdd(number, id) && ids[number] != id) Violated(in fact, $"message {number} is published as {id}, and was as {ids[number]} before");
        var at = id.Split('/', '@');
        var origin = Schedule.Broker.Topic(at[0]).Partitions[int.Parse(at[1], null)];
        var first = origin.Messages[origin.IndexBehind(long.Parse(at[2], null) - 1)];
        if (SimulatedMessage.IdOf(first.Body) != number) Violated(in fact, $"message {number} is published as {id}, where another stands");
        else if (first.Key.IsNull != message.Key.IsNull || !first.Key.Span.SequenceEqual(message.Key.Span)) Violated(in fact, $"{id} is published with another key");
    }

    /// <summary>Where it was first read.</summary>
    private string IdOf(SimulatedPartition partition, long position)
    {
        if (StageOf(partition) == 0) return $"{partition.Topic}/{partition.Name}@{position}";
        return partition.Messages[partition.IndexBehind(position - 1)].Headers?.Text(DeadLetterHeaders.Id) ?? "";
    }
}
