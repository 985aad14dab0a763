using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>A cell of the delivery table: a row of the coverage table.</summary>
internal readonly record struct Cell(Ordering Ordering, Commit Commit, FailedHandler Failed)
{
    /// <summary>Every legal one.</summary>
    public static IReadOnlyList<Cell> All { get; } =
    [
        .. from ordering in Enum.GetValues<Ordering>()
           from commit in Enum.GetValues<Commit>()
           from failed in new[] { FailedHandler.Stop, FailedHandler.Skip, FailedHandler.DeadLetter }
           let cell = new Cell(ordering, commit, failed)
           where cell.IsLegal
           select cell,
    ];

    /// <summary>The cell of a seed: each comes as often as the others.</summary>
    public static Cell Of(ulong seed) => All[(int)(seed % (ulong)All.Count)];

    /// <summary>The others have no meaning, and are errors at build time.</summary>
    private bool IsLegal => (Commit != Commit.EachMessage || Ordering == Ordering.Lane) && (Commit != Commit.OnRead || Failed != FailedHandler.Stop)
        && (Commit != Commit.Transaction || Ordering != Ordering.None);

    public override string ToString() => $"{Ordering} x {Commit} x {Failed}";
}
