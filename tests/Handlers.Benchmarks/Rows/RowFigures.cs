namespace Handlers.Benchmarks;

/// <summary>What was measured of one row: of each process the pass in the middle, or, where rows take turns, every pass.</summary>
internal sealed class RowFigures(BenchRow row, BenchTopic topic)
{
    private readonly List<Pass> rounds = [];

    public BenchRow Row => row;

    public BenchTopic Topic => topic;

    public IReadOnlyList<Pass> Rounds => rounds;

    /// <summary>Why it was not measured.</summary>
    public string? Skipped { get; set; }

    public void Add(IReadOnlyList<Pass> passes) => rounds.Add(passes.OrderBy(static p => p.PerSecond).ElementAt(passes.Count / 2));

    public void Add(Pass pass) => rounds.Add(pass);

    public double Median(Func<Pass, double> of) => Sorted(of)[rounds.Count / 2];

    public double Least(Func<Pass, double> of) => Sorted(of)[0];

    public double Most(Func<Pass, double> of) => Sorted(of)[^1];

    /// <summary>How many times the messages a second of another row, of those that were measured one behind the other.</summary>
    public IReadOnlyList<double> Times(RowFigures other) => [.. rounds.Zip(other.rounds, static (mine, its) => mine.PerSecond / its.PerSecond).Order()];

    private List<double> Sorted(Func<Pass, double> of) => [.. rounds.Select(of).Order()];
}
