namespace Handlers.Crash;

/// <summary>Where in its life a worker is killed. By chance within each.</summary>
internal enum Moment
{
    /// <summary>While it starts: it joins, takes lanes, or has not begun to.</summary>
    Starting,

    /// <summary>Just after it was given lanes.</summary>
    Assigned,

    /// <summary>While it handles a batch.</summary>
    Handling,

    /// <summary>In the middle of a commit.</summary>
    Committing,

    /// <summary>Just after it took over lanes of another that was killed.</summary>
    TakenOver,
}

/// <summary>One kill, with what could be seen from outside just after it, before anything else moved.</summary>
/// <param name="Moment">Where.</param>
/// <param name="Worker">The number of the worker.</param>
/// <param name="At">When, by the machine's monotonic clock.</param>
/// <param name="Held">The lanes that the worker had.</param>
/// <param name="Committed">Where the group stood, by partition.</param>
internal sealed record Kill(
    Moment Moment, int Worker, long At, IReadOnlySet<(string Partition, long Epoch)> Held, IReadOnlyDictionary<string, Position> Committed);

/// <summary>All that the verdict on a cell is reached by.</summary>
/// <param name="Appended">The numbers from 1 to this were acknowledged.</param>
/// <param name="Kills">The kills, in their order.</param>
/// <param name="Ledgers">What each worker wrote down, by number.</param>
/// <param name="Census">What is in the log, read when all was over.</param>
/// <param name="CommitTakes">What a commit may take beyond its interval.</param>
/// <param name="Unfinished">Why the last workers did not come to the end; null: they did.</param>
internal sealed record Evidence(
    int Appended, IReadOnlyList<Kill> Kills, IReadOnlyList<IReadOnlyList<Line>> Ledgers, IReadOnlyList<Line> Census, TimeSpan CommitTakes, string? Unfinished = null)
{
    public IEnumerable<Line> DeadLetters => Census.Where(l => l.Kind == LineKind.DeadLetter);
}
