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
           where cell.IsLegal && cell.Stands
           select cell,
    ];

    /// <summary>The cell of a seed: each comes as often as the others.</summary>
    public static Cell Of(ulong seed) => All[(int)(seed % (ulong)All.Count)];

    /// <summary>Cells without meaning are build errors.</summary>
    private bool IsLegal => (Commit != Commit.EachMessage || Ordering == Ordering.Lane) && (Commit != Commit.OnRead || Failed != FailedHandler.Stop);

    private bool Stands => Ordering == Ordering.Lane && Failed != FailedHandler.DeadLetter;

    public override string ToString() => $"{Ordering} x {Commit} x {Failed}";
}

/// <summary>A cell with the rest of what a handler may declare, drawn by chance.</summary>
internal sealed record Draw(Cell Cell, HandlerSettings Settings)
{
    public const string Topic = "things";
    public const string Group = "simulated";

    public static Draw Of(Schedule schedule)
    {
        var chance = schedule.Chance;
        var cell = Cell.Of(schedule.Seed);
        var settings = new HandlerSettings
        {
            Topic = Topic,
            Group = Group,
            Ordering = cell.Ordering,
            Commit = cell.Commit,
            OnFailure = cell.Failed,
            OnInvalid = cell.Commit == Commit.OnRead ? InvalidMessage.Skip : chance.Pick([InvalidMessage.Skip, InvalidMessage.Stop]),
        };
        return new Draw(cell, settings);
    }

    public override string ToString() => $"{Cell}, invalid {Settings.OnInvalid}";
}
