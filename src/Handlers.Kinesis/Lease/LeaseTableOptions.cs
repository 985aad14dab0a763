namespace Handlers.Kinesis;

/// <summary>What a worker's coordinator goes by.</summary>
/// <param name="Worker">This worker's name: unique among those that run.</param>
/// <param name="LeaseTime">How long it may be silent before others take its leases.</param>
/// <param name="HandOverTime">How long whoever gives a lease away may go on with it.</param>
/// <param name="Begin">Where the group begins: the horizon, a time, or the latest record as of a time, which is now.</param>
internal sealed record LeaseTableOptions(string Worker, TimeSpan LeaseTime, TimeSpan HandOverTime, LeaseCheckpoint Begin)
{
    /// <summary>
    /// When who asked for a lease takes it all the same. Not before the lease time: the former owner may not have heard of it, and believes until then
    /// that it holds the lease.
    /// </summary>
    public TimeSpan HandOverPatience => HandOverTime > LeaseTime ? HandOverTime : LeaseTime;

    /// <summary>How long one read or write of a lease may take until its outcome counts as unknown.</summary>
    public TimeSpan CallTime => LeaseTime / 3;

    /// <summary>How many leases are renewed or taken at once.</summary>
    public int AtOnce { get; init; } = 16;
}
