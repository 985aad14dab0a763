using System.Globalization;
using Handlers.Testing;

namespace Handlers.Simulation;

/// <summary>How often each legal cell of the table has met each kind of lane end.</summary>
internal sealed class Coverage
{
    private static readonly string[] Ends = ["finished", "revoked", "lost", "stopped", "crashed"];

    private readonly Dictionary<Cell, long[]> counts = Cell.All.ToDictionary(c => c, _ => new long[Ends.Length]);

    /// <summary>Whether no entry is empty.</summary>
    public bool IsComplete => counts.Values.All(row => row.All(n => n > 0));

    public void Add(Cell cell, History history)
    {
        var row = counts[cell];
        foreach (ref readonly var fact in history.Facts)
        {
            if (fact.Kind == FactKind.Released) row[(int)fact.Number]++;
            else if (fact.Kind == FactKind.CrashedWith) row[^1]++;
        }
    }

    public void Add(Coverage other)
    {
        foreach (var (cell, row) in other.counts)
            for (var i = 0; i < row.Length; i++) counts[cell][i] += row[i];
    }

    public override string ToString() => string.Join(Environment.NewLine, Lines());

    private IEnumerable<string> Lines()
    {
        yield return $"{"lane ends by cell",-36}{string.Concat(Ends.Select(e => $"{e,12}"))}";
        foreach (var (cell, row) in counts)
            yield return $"{cell.ToString(),-36}{string.Concat(row.Select(n => string.Create(CultureInfo.InvariantCulture, $"{n,12:N0}")))}";
    }
}
