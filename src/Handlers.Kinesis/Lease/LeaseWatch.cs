namespace Handlers.Kinesis;

/// <summary>
/// Judges whether a lease's worker is silent: by this worker's own monotonic clock, since it last saw the row change. The clocks of several
/// machines are never compared.
/// </summary>
/// <remarks>
/// A worker counts its own lease time from before its write, and others count from after they saw it. So where clocks run at the same rate a lease is
/// lost to its owner before anybody else takes it. Where they do not, the store's conditions still hold.
/// </remarks>
internal sealed class LeaseWatch(TimeProvider time, TimeSpan leaseTime)
{
    private readonly Lock gate = new();
    private readonly Dictionary<string, Sight> sights = new(StringComparer.Ordinal); // guarded by gate

    /// <summary>All the leases that there are, as just read. Those that are gone are forgotten.</summary>
    public void See(IReadOnlyList<Lease> all)
    {
        var now = time.GetTimestamp();
        lock (gate)
        {
            var gone = sights.Keys.ToHashSet(StringComparer.Ordinal);
            foreach (var lease in all)
            {
                gone.Remove(lease.Shard);
                See(lease, now);
            }

            foreach (var shard in gone) sights.Remove(shard);
        }
    }

    /// <summary>One lease, as just read.</summary>
    public void See(Lease lease)
    {
        var now = time.GetTimestamp();
        lock (gate) See(lease, now);
    }

    /// <summary>Whether anybody may take it: nobody owns it, or its owner is silent.</summary>
    public bool IsFree(Lease lease) => lease.Owner is null || StoodStill(lease) >= leaseTime;

    /// <summary>Whether it has been there to be taken for so long that those whose share it is do not take it. As the Kinesis Client Library's "very old".</summary>
    public bool IsLongFree(Lease lease) => StoodStill(lease) >= leaseTime * 3;

    private TimeSpan StoodStill(Lease lease)
    {
        lock (gate) return sights.TryGetValue(lease.Shard, out var sight) && sight.IsOf(lease) ? time.GetElapsedTime(sight.Since) : TimeSpan.Zero;
    }

    private void See(Lease lease, long now)
    {
        if (!sights.TryGetValue(lease.Shard, out var sight) || !sight.IsOf(lease))
            sights[lease.Shard] = new Sight(lease.Owner, lease.Counter, lease.HandedOverBy, now);
    }

    private readonly record struct Sight(string? Owner, long Counter, string? HandedOverBy, long Since)
    {
        public bool IsOf(Lease lease) => Owner == lease.Owner && Counter == lease.Counter && HandedOverBy == lease.HandedOverBy;
    }
}
