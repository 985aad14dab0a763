using System.Globalization;

namespace Handlers.Crash;

/// <summary>A cell of the table of delivery, as the settings that a deployment would give, and what it promises.</summary>
/// <param name="Ordering">What may be handled at the same time.</param>
/// <param name="Commit">When positions become durable.</param>
internal sealed record Cell(Ordering Ordering, Commit Commit)
{
    /// <summary>Short, so that fifty kills meet many commits.</summary>
    public static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The most messages in one read.</summary>
    public const int BatchSize = 100;

    public static IReadOnlyList<Cell> All { get; } =
    [
        new(Ordering.Lane, Commit.Watermark),
        new(Ordering.Lane, Commit.EachMessage),
        new(Ordering.Lane, Commit.OnRead),
    ];

    public string Name => $"{Ordering}-{Commit}";

    /// <summary>At most once; the others are at least once.</summary>
    public bool IsAtMostOnce => Commit == Commit.OnRead;

    /// <summary>The most messages of one lane that one kill may lose.</summary>
    public int MostLost => IsAtMostOnce ? BatchSize : 0;

    /// <summary>The most messages of one lane that may be handled twice because of one kill; null: those that were not committed.</summary>
    public int? MostTwice => Commit switch
    {
        Commit.EachMessage => 1,
        Commit.OnRead => 0,
        _ => null,
    };

    /// <summary>What docs/delivery.md promises.</summary>
    public string Window => Commit switch
    {
        Commit.EachMessage => "1 a lane and kill",
        Commit.OnRead => "none",
        _ => string.Create(CultureInfo.InvariantCulture, $"handled since the last commit, every {CommitInterval.TotalMilliseconds:0} ms"),
    };

    /// <summary>The configuration of a worker: everything by settings, as at a deployment.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment() =>
    [
        new("Handlers__CommitInterval", CommitInterval.ToString("c", CultureInfo.InvariantCulture)),
        new("Handlers__BatchSize", $"{BatchSize}"),
        new($"Handlers__{Numbers.Name}__Ordering", $"{Ordering}"),
        new($"Handlers__{Numbers.Name}__Commit", $"{Commit}"),
        new($"Handlers__{Census.Name}__Enabled", "false"),
    ];

    /// <summary>The configuration of a worker that only tells what is in the log.</summary>
    public static IEnumerable<KeyValuePair<string, string>> CensusEnvironment() => [new($"Handlers__{Numbers.Name}__Enabled", "false")];
}
