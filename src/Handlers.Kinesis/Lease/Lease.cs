namespace Handlers.Kinesis;

/// <summary>A shard as its group sees it: who reads it, how far it is handled, and what it came from. A row of the lease table.</summary>
internal sealed record Lease
{
    /// <summary>The shard's id.</summary>
    public required string Shard { get; init; }

    /// <summary>The worker that holds it; null: nobody.</summary>
    public string? Owner { get; init; }

    /// <summary>Raised by each of the owner's writes, and by whoever takes it. Who sees it stand still for the lease time may take it.</summary>
    public long Counter { get; init; }

    public required LeaseCheckpoint Checkpoint { get; init; }

    /// <summary>How often the owner has changed since the checkpoint moved.</summary>
    public long OwnerSwitches { get; init; }

    /// <summary>The shards that it was made of: none, one (split), two (merge).</summary>
    public IReadOnlyList<string> Parents { get; init; } = [];

    /// <summary>The shards that came of it. Known when its end is written.</summary>
    public IReadOnlyList<string> Children { get; init; } = [];

    /// <summary>Both ends of its range of hash keys, decimal; null where not known.</summary>
    public (string Starting, string Ending)? Keys { get; init; }

    /// <summary>
    /// Who held it, and still finishes what it had begun, while <see cref="Owner"/> already waits for it; null: nobody. Its checkpoints count until it
    /// hands the lease over, or its time for that is over.
    /// </summary>
    public string? HandedOverBy { get; init; }

    /// <summary>
    /// A mark of the assignment that was the last of ours to take it, unlike any other: it tells two processes of one worker's name apart. Null: none took it, or
    /// it was given back. Other programs keep it as it is.
    /// </summary>
    public string? Assignment { get; init; }

    /// <summary>Who may write its checkpoint.</summary>
    public string? Writer => HandedOverBy ?? Owner;
}
