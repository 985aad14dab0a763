namespace Handlers.Kinesis.Tests;

/// <summary>A stream as it is in truth: shards with records by number, splits and merges.</summary>
internal sealed class StreamModel
{
    private int made;

    public List<ModelShard> Shards { get; } = [];

    public IEnumerable<ModelShard> Open => Shards.Where(static s => !s.IsClosed);

    public ModelShard Of(string id) => Shards.Single(s => s.Id == id);

    public ModelShard Add(params ModelShard[] parents)
    {
        var shard = new ModelShard($"shardId-{made++:000000000000}", parents);
        foreach (var parent in parents)
        {
            parent.IsClosed = true;
            parent.Children.Add(shard);
        }

        Shards.Add(shard);
        return shard;
    }

    public void Split(ModelShard shard)
    {
        Add(shard);
        Add(shard);
    }

    public static IReadOnlyList<Shard> AsListed(IEnumerable<ModelShard> shards) => [.. shards.Select(static s => s.AsListed())];
}

/// <summary>A shard of the model. Its records are the numbers of 1 to <see cref="Records"/>.</summary>
internal sealed class ModelShard(string id, ModelShard[] parents)
{
    private const int First = 1_000_000;

    public string Id { get; } = id;

    public ModelShard[] Parents { get; } = parents;

    public List<ModelShard> Children { get; } = [];

    public int Records { get; set; }

    public bool IsClosed { get; set; }

    /// <summary>Its end was accepted.</summary>
    public bool IsEnded { get; set; }

    public static LeaseCheckpoint At(int record) => LeaseCheckpoint.After(new Position((First + record).ToString(null, null), 0));

    /// <summary>How many records are handled by a checkpoint.</summary>
    public static int Handled(LeaseCheckpoint checkpoint) =>
        checkpoint.Kind == CheckpointKind.After ? int.Parse(checkpoint.Handled.Sequence!, null) - First : 0;

    public Shard AsListed() => new(Id, [.. Parents.Select(static p => p.Id)], ("0", "1"), IsClosed);

    public override string ToString() => Id;
}
