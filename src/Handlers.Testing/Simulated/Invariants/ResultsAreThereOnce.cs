namespace Handlers.Testing;

/// <summary>
/// With transactions, of each message there is exactly what the outcome says that was committed: one result, one letter, or nothing, however often it
/// was handled. What was rewound is left out: its results are wanted again.
/// </summary>
/// <remarks>An owner that does not know yet that a lane is another's handles on, and may come to another outcome later: it is that of the epoch which committed that counts.</remarks>
internal sealed class ResultsAreThereOnce(Schedule schedule) : Invariant(schedule)
{
    private readonly HashSet<SimulatedPartition> rewound = [];
    private readonly Dictionary<(SimulatedPartition, long Epoch), SortedDictionary<long, OutcomeKind>> uncommitted = []; // by position
    private readonly Dictionary<(SimulatedPartition, long Position), OutcomeKind> outcomes = []; // that were committed
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
                if (!uncommitted.TryGetValue((fact.Partition!, fact.Epoch), out var waiting)) uncommitted[(fact.Partition!, fact.Epoch)] = waiting = [];
                waiting[fact.Position] = (OutcomeKind)fact.Number;
                break;
            case FactKind.Committed when uncommitted.TryGetValue((fact.Partition!, fact.Epoch), out var of):
                while (of.Count > 0 && of.First() is var (position, outcome) && position <= fact.Position)
                {
                    outcomes[(fact.Partition!, position)] = outcome;
                    of.Remove(position);
                }

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
