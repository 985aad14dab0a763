using System.Globalization;

namespace Handlers.Crash;

/// <summary>What a line of a ledger says.</summary>
internal enum LineKind
{
    /// <summary>A message was handled.</summary>
    Handled,

    /// <summary>A message was tried in vain, for ever.</summary>
    Failed,

    /// <summary>A message is among the dead letters. Its place is the one that it says it came from.</summary>
    DeadLetter,

    /// <summary>The process has a lane.</summary>
    Began,

    /// <summary>The process has given a lane back, in order.</summary>
    Ended,

    /// <summary>A message's result is there. Its place is its own.</summary>
    Result,

    /// <summary>The process has a lane no more, and was told that it is another's.</summary>
    Lost,
}

/// <summary>A line of a ledger.</summary>
/// <param name="Kind">What it says.</param>
/// <param name="Partition">The partition.</param>
/// <param name="Epoch">Its assignment.</param>
/// <param name="At">When, by the machine's monotonic clock.</param>
/// <param name="Position">Of a message: its position.</param>
/// <param name="Id">Of a message: the number in its body.</param>
internal readonly record struct Line(LineKind Kind, string Partition, long Epoch, long At, Position Position, int Id)
{
    public string Text => string.Create(CultureInfo.InvariantCulture, $"{(int)Kind} {Partition} {Epoch} {At} {Position} {Id}");

    public static Line Parse(string text)
    {
        var words = text.Split(' ');
        return new Line((LineKind)Number(words[0]), words[1], Number(words[2]), Number(words[3]), PositionOf(words[4]), (int)Number(words[5]));
    }

    /// <summary>Whether the line is of a call with a message.</summary>
    public bool IsCall => Kind is LineKind.Handled or LineKind.Failed;

    public static Position PositionOf(string text) =>
        text.Split(':') is [var sequence, var number] ? new Position(sequence, Number(number)) : new Position(Number(text));

    private static long Number(string text) => long.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
