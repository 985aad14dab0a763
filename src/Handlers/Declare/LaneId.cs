namespace Handlers;

/// <summary>A lane: one ordered part of a topic, in one assignment to this process.</summary>
/// <param name="Topic">The topic's name at the broker.</param>
/// <param name="Partition">The partition's number or the shard's name.</param>
/// <param name="Epoch">The assignment. The same partition has a higher epoch each time it is assigned or rewound.</param>
public readonly record struct LaneId(string Topic, string Partition, long Epoch)
{
    /// <summary><c>topic/partition</c>: the epoch is for fencing, not for people.</summary>
    public override string ToString() => $"{Topic}/{Partition}";
}
