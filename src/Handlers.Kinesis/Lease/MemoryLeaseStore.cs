namespace Handlers.Kinesis;

/// <summary>Leases in memory: of one process, which its subscriptions to a stream in one group share. They are gone with it.</summary>
internal sealed class MemoryLeaseStore : ILeaseStore
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Lease> rows = new(StringComparer.Ordinal); // guarded by gate

    public ValueTask PrepareAsync(CancellationToken stop) => default;

    public ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        lock (gate) return new([.. rows.Values]);
    }

    public ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        lock (gate) return new(rows.GetValueOrDefault(shard));
    }

    public ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop)
    {
        stop.ThrowIfCancellationRequested();
        return new(TryWrite(seen, next));
    }

    public ValueTask DisposeAsync() => default;

    /// <summary>See <see cref="ILeaseStore.TryWriteAsync"/>.</summary>
    public bool TryWrite(Lease? seen, Lease? next)
    {
        var shard = (seen ?? next ?? throw new ArgumentNullException(nameof(next), "There is nothing to write.")).Shard;
        lock (gate)
        {
            if (!IsAs(rows.GetValueOrDefault(shard), seen)) return false;
            if (next is null) rows.Remove(shard);
            else rows[shard] = next;
            return true;
        }
    }

    private static bool IsAs(Lease? row, Lease? seen) => seen is null
        ? row is null
        : row is not null && row.Owner == seen.Owner && row.Counter == seen.Counter && row.HandedOverBy == seen.HandedOverBy;
}
