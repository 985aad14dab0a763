using System.Globalization;

namespace Handlers.Crash;

/// <summary>What one cell came to.</summary>
internal sealed record Figures
{
    public required Cell Cell { get; init; }

    public int Messages { get; init; }

    public int Kills { get; init; }

    /// <summary>Appended and never handled.</summary>
    public int Lost { get; init; }

    /// <summary>Of these, what the cell does not allow.</summary>
    public int LostBeyond { get; init; }

    /// <summary>The most that one kill lost.</summary>
    public int MostLost { get; init; }

    /// <summary>Handlings beyond the first of each message.</summary>
    public int Twice { get; init; }

    /// <summary>Of these, or of what was uncommitted at a kill, what the cell does not allow.</summary>
    public int TwiceBeyond { get; init; }

    /// <summary>The most that one kill brought about.</summary>
    public int MostTwice { get; init; }

    /// <summary>Of those handled twice, what came again after a hand-over in order: handled ahead of one that had not begun.</summary>
    public int TwiceInOrder { get; init; }

    /// <summary>Messages among the dead letters.</summary>
    public int DeadLetters { get; init; }

    /// <summary>Dead letters beyond the first of each message.</summary>
    public int DeadLettersTwice { get; init; }

    /// <summary>The most that were handled and not committed at one kill.</summary>
    public int MostUncommitted { get; init; }

    /// <summary>The longest that a message was handled and not committed at a kill.</summary>
    public TimeSpan LongestUncommitted { get; init; }

    /// <summary>Each promise that was not kept, with where.</summary>
    public required IReadOnlyList<string> Broken { get; init; }

    /// <summary>
    /// Lanes that a worker lost without being killed. No promise: a process that has no processor for too long is taken for dead. But where one is
    /// broken, that may be why.
    /// </summary>
    public IReadOnlyList<string> LostByTheLiving { get; init; } = [];

    public string Text(ICrashTransport transport, IReadOnlyList<Kill> kills, IReadOnlyList<TimeSpan> restarts, TimeSpan elapsed)
    {
        List<string> parts =
        [
            $"{Messages:N0} messages",
            $"{Kills} kills ({string.Join(", ", kills.CountBy(k => k.Moment).OrderBy(c => c.Key).Select(c => $"{c.Key} {c.Value}"))})",
            $"lost {Lost} (most at one kill {MostLost})",
            $"handled twice {Twice} (most at one kill {MostTwice})",
            $"window: {Cell.Window}",
        ];
        if (TwiceInOrder > 0) parts.Add($"{TwiceInOrder} of those handled twice were ahead of the watermark when their lane was handed over in order");
        if (Cell.FailEvery > 0) parts.Add($"dead letters {DeadLetters} and {DeadLettersTwice} of them again");
        parts.Add($"not committed at a kill: at most {MostUncommitted} messages, {LongestUncommitted.TotalMilliseconds:0} ms");
        parts.Add($"restart {(restarts.Count == 0 ? 0 : restarts[restarts.Count / 2].TotalMilliseconds):0} ms (median)");
        parts.Add($"{elapsed.TotalSeconds:0} s");
        parts.Add($"broken {Broken.Count}");
        return $"{transport.Name} {Cell.Name}: {string.Join("; ", parts)}";
    }
}
