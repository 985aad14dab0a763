namespace Handlers.Kinesis;

/// <summary>
/// The leases of a group's shards of one stream. What may be written when is decided outside of it (<see cref="LeaseTable"/>): a store only
/// compares and writes, which is what a broker, a file and a test can all do.
/// </summary>
/// <remarks>Calls may run concurrently, but for one shard: its writes are made one after the other. Each throws a <see cref="TransportException"/> when it is not known what came of it.</remarks>
internal interface ILeaseStore : IAsyncDisposable
{
    /// <summary>Makes what it writes to, where that is missing. Called once, before the others.</summary>
    ValueTask PrepareAsync(CancellationToken stop);

    /// <summary>Every lease, as of now.</summary>
    ValueTask<IReadOnlyList<Lease>> ListAsync(CancellationToken stop);

    /// <summary>
    /// The stream lists these shards now. A store that cannot list what it has kept of an earlier life, as it is found by shard only, looks for it here
    /// and lists it from then on; true: there was some. Called before leases are made.
    /// </summary>
    ValueTask<bool> KnowAsync(IReadOnlyList<Shard> listed, CancellationToken stop) => new(false);

    /// <summary>One lease, as of now; null where there is none.</summary>
    ValueTask<Lease?> ReadAsync(string shard, CancellationToken stop);

    /// <summary>
    /// Writes <paramref name="next"/> if the row is still as <paramref name="seen"/> in owner, counter and <see cref="Lease.HandedOverBy"/>; false if not, with
    /// nothing written. Seen null: there must be no row yet. Next null: the row is deleted. What other programs keep in the row stays in it.
    /// </summary>
    ValueTask<bool> TryWriteAsync(Lease? seen, Lease? next, CancellationToken stop);
}
