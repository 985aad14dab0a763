using System.Globalization;

namespace Handlers.Crash;

/// <summary>What one cell came to.</summary>
internal sealed record Figures
{
    public required Cell Cell { get; init; }

    public required int Messages { get; init; }

    public required int Kills { get; init; }

    /// <summary>Appended and never handled.</summary>
    public required int Lost { get; init; }

    /// <summary>Of these, what the cell does not allow.</summary>
    public required int LostBeyond { get; init; }

    /// <summary>The most that one kill lost.</summary>
    public required int MostLost { get; init; }

    /// <summary>Handlings beyond the first of each message.</summary>
    public required int Twice { get; init; }

    /// <summary>Of these, or of what was uncommitted at a kill, what the cell does not allow.</summary>
    public required int TwiceBeyond { get; init; }

    /// <summary>The most that one kill brought about.</summary>
    public required int MostTwice { get; init; }

    /// <summary>Messages among the dead letters.</summary>
    public required int DeadLetters { get; init; }

    /// <summary>Dead letters beyond the first of each message.</summary>
    public required int DeadLettersTwice { get; init; }

    /// <summary>The most that were handled and not committed at one kill.</summary>
    public required int MostUncommitted { get; init; }

    /// <summary>The longest that a message was handled and not committed at a kill.</summary>
    public required TimeSpan LongestUncommitted { get; init; }

    /// <summary>Each promise that was not kept, with where.</summary>
    public required IReadOnlyList<string> Broken { get; init; }

    public string Text(ICrashTransport transport, IReadOnlyList<Kill> kills, IReadOnlyList<TimeSpan> restarts, TimeSpan elapsed) => string.Create(
        CultureInfo.InvariantCulture,
        $"{transport.Name} {Cell.Name}: {Messages:N0} messages, {Kills} kills ({string.Join(", ", kills.CountBy(k => k.Moment).OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value}"))}), " +
        $"lost {Lost} (most at one kill {MostLost}), handled twice {Twice} (most at one kill {MostTwice}; window: {Cell.Window}; " +
        $"uncommitted at most {MostUncommitted} messages, {LongestUncommitted.TotalMilliseconds:0} ms), " +
        $"{(Cell.FailEvery == 0 ? "" : $"dead letters {DeadLetters} and {DeadLettersTwice} again, ")}" +
        $"restart median {(restarts.Count == 0 ? 0 : restarts[restarts.Count / 2].TotalMilliseconds):0} ms, {elapsed.TotalSeconds:0} s, broken {Broken.Count}");
}
