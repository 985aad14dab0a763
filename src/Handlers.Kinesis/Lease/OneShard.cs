namespace Handlers.Kinesis;

/// <summary>
/// A store of which one shard's lease alone is seen, without its parents: where one shard was named, nothing else is taken, ended or deleted, and it is read for itself,
/// whatever became of its parents. What is written has them, for those who read all shards later.
/// </summary>
internal sealed class OneShard(ILeaseStore store, string shard) : ILeaseStore
{
    private volatile IReadOnlyList<string> parents = []; // of the row, as it was last seen

    /// <summary>The whole of it.</summary>
    public ILeaseStore Inner => store;

    public ValueTask PrepareAsync(CancellationToken stop) => store.PrepareAsync(stop);

    public ValueTask<bool> KnowAsync(IReadOnlyList<Shard> listed, CancellationToken stop) => store.KnowAsync([.. listed.Select(static s => s with { Parents = [] })], stop);

    public async ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop) => await ReadAsync(shard, stop) is { } lease ? [lease] : [];

    public async ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop)
    {
        if (await store.ReadAsync(shard, stop) is not { } lease) return null;
        parents = lease.Parents;
        return lease with { Parents = [] };
    }

    public ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop) =>
        store.TryWriteAsync(seen, next is { Parents.Count: 0 } ? next with { Parents = parents } : next, stop);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
