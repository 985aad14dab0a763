namespace Handlers.Kinesis;

/// <summary>A store of which one shard's lease alone is seen, without its parents: where one shard was named, nothing else is taken, ended or deleted.</summary>
internal sealed class OneShard(ILeaseStore store, string shard) : ILeaseStore
{
    /// <summary>The whole of it.</summary>
    public ILeaseStore Inner => store;

    public ValueTask PrepareAsync(CancellationToken stop) => store.PrepareAsync(stop);

    public ValueTask<bool> KnowAsync(IReadOnlyList<Shard> shards, CancellationToken stop) => store.KnowAsync(shards, stop);

    public async ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop) => await ReadAsync(shard, stop) is { } lease ? [lease] : [];

    public async ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop) => await store.ReadAsync(shard, stop) is { } lease ? lease with { Parents = [] } : null;

    public ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop) => store.TryWriteAsync(seen, next, stop);

    public ValueTask DisposeAsync() => store.DisposeAsync();
}
