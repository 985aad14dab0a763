namespace Handlers.Testing;

/// <summary>
/// With transactions, of each message there is exactly what its last outcome says: one result, one letter, or nothing, however often it was
/// handled. What was rewound is left out: its results are wanted again.
/// </summary>
internal sealed class ResultsAreThereOnce(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<SimulatedPartition> rewound = [];
    private readonly Dictionary<(SimulatedPartition, long), OutcomeKind> outcomes = []; // the last one each: an earlier one was not committed
    private readonly Dictionary<(string Topic, int Id), int> published = [];

    public override string Name => "with transactions, each result is there once";

    protected override void See(ref readonly Fact fact)
    {
        switch (fact.Kind)
        {
            case FactKind.Rewound:
                rewound.Add(fact.Partition!);
                break;
            case FactKind.Outcome when IsFinal(in fact) && Of(fact.Partition)?.Commit == Commit.Transaction:
                outcomes[(fact.Partition!, fact.Position)] = (OutcomeKind)fact.Number;
                break;
            case FactKind.Appended when Of(fact.Partition) is null:
                var place = (fact.Partition!.Topic, SimulatedMessage.IdOf(fact.Partition, fact.Position));
                published[place] = published.GetValueOrDefault(place) + 1;
                break;
        }
    }

    protected override void End()
    {
        foreach (var ((partition, position), outcome) in outcomes)
        {
            // A handler of which nothing is known may publish as it likes.
            if (rewound.Contains(partition) || Schedule.Plan.Handler is null) continue;
            var settings = Of(partition)!;
            var id = SimulatedMessage.IdOf(partition, position);
            var results = published.GetValueOrDefault((settings.PublishTo!, id));
            var letters = settings.DeadLetter is { } dead ? published.GetValueOrDefault((dead, id)) : 0;
            if (results == (outcome == OutcomeKind.Handled ? 1 : 0) && letters == (outcome == OutcomeKind.DeadLettered ? 1 : 0)) continue;
            Violated($"lane {partition} position {position} is {outcome}, and has {results} results and {letters} letters");
            return;
        }
    }
}
