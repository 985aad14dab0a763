using System.Globalization;

namespace Handlers.Crash;

/// <summary>A cell of the table of delivery, as the settings that a deployment would give, and what it promises.</summary>
/// <param name="Ordering">What may be handled at the same time.</param>
/// <param name="Commit">When positions become durable.</param>
/// <param name="FailEvery">One message in so many fails for ever and is dead-lettered; 0: none.</param>
internal sealed record Cell(Ordering Ordering, Commit Commit, int FailEvery = 0)
{
    /// <summary>Short, so that fifty kills meet many commits.</summary>
    public static readonly TimeSpan CommitInterval = TimeSpan.FromMilliseconds(50);

    /// <summary>The most messages in one read.</summary>
    public const int BatchSize = 100;

    /// <summary>The most messages of a lane that were read and wait for their outcome, where the loop reads on.</summary>
    public const int MaxUncommitted = 500;

    /// <summary>The most messages at once, where that means something.</summary>
    public const int Concurrency = 32;

    public static IReadOnlyList<Cell> All { get; } =
    [
        new(Ordering.Lane, Commit.Watermark),
        new(Ordering.Lane, Commit.EachMessage),
        new(Ordering.Lane, Commit.OnRead),
        new(Ordering.Key, Commit.Watermark),
        new(Ordering.Key, Commit.OnRead),
        new(Ordering.None, Commit.Watermark),
        new(Ordering.None, Commit.OnRead),
        new(Ordering.Lane, Commit.Watermark, FailEvery: 100),
        new(Ordering.None, Commit.Watermark, FailEvery: 100),
        new(Ordering.Lane, Commit.Transaction, FailEvery: 100),
        new(Ordering.Key, Commit.Transaction, FailEvery: 100),
    ];

    public string Name => $"{Ordering}-{Commit}{(FailEvery > 0 ? "-DeadLetter" : "")}";

    /// <summary>At most once; the others are at least once.</summary>
    public bool IsAtMostOnce => Commit == Commit.OnRead;

    /// <summary>The most messages of one lane that one kill may lose: what was read and committed, and not handled yet.</summary>
    public int MostLost => !IsAtMostOnce ? 0 : Ordering == Ordering.Lane ? BatchSize : MaxUncommitted;

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
        Commit.EachMessage => "1 twice a lane and kill",
        Commit.OnRead => $"{MostLost} lost a lane and kill",
        Commit.Transaction => $"each result and letter once; handled twice {SinceLastCommit}",
        _ => SinceLastCommit,
    };

    /// <summary>Whether a lane's position is durable soon after its messages are handled, whatever their number.</summary>
    public bool CommitsByTime => Commit is Commit.Watermark or Commit.Transaction;

    private static string SinceLastCommit => string.Create(CultureInfo.InvariantCulture, $"what was handled since the last commit, every {CommitInterval.TotalMilliseconds:0} ms");

    /// <summary>The configuration of a worker: everything by settings, as at a deployment.</summary>
    public IEnumerable<KeyValuePair<string, string>> Environment()
    {
        yield return new("Handlers__CommitInterval", CommitInterval.ToString("c", CultureInfo.InvariantCulture));
        yield return new("Handlers__TransactionInterval", CommitInterval.ToString("c", CultureInfo.InvariantCulture));
        yield return new("Handlers__BatchSize", $"{BatchSize}");
        yield return new($"Handlers__{Numbers.Name}__Ordering", $"{Ordering}");
        yield return new($"Handlers__{Numbers.Name}__Commit", $"{Commit}");
        yield return new($"Handlers__{Census.Name}__Enabled", "false");
        yield return new($"Handlers__{Census.DeadName}__Enabled", "false");
        yield return new($"Handlers__{Census.ResultName}__Enabled", "false");
        if (Commit == Commit.Transaction) yield return new(Failures.ResultsKey, "true");
        if (Ordering != Ordering.Lane)
        {
            yield return new("Handlers__MaxUncommitted", $"{MaxUncommitted}");
            yield return new($"Handlers__{Numbers.Name}__Concurrency", $"{Concurrency}");
        }

        if (FailEvery == 0) yield break;
        yield return new(Failures.Key, $"{FailEvery}");
        yield return new($"Handlers__{Numbers.Name}__DeadLetter", Census.DeadTopic);
    }

    /// <summary>The configuration of a worker that only tells what is in the log.</summary>
    public static IEnumerable<KeyValuePair<string, string>> CensusEnvironment(ICrashTransport transport) => [.. transport.AloneEnvironment, new($"Handlers__{Numbers.Name}__Enabled", "false")];
}
