namespace Handlers.Kinesis;

/// <summary>
/// Told what becomes of a worker's leases: the subscription. Called within the table's calls, in the order in which it happens to a lease, without a lock
/// held. An implementation writes it down and returns: it does not throw, and does not wait for a call of the table.
/// </summary>
internal interface ILeaseListener
{
    /// <summary>It is this worker's, and may be read now.</summary>
    void Taken(HeldLease lease);

    /// <summary>
    /// Another worker waits for it: finish what is begun, checkpoint, release. Told once. After the deadline it is lost; others may be able to take it
    /// only later, never earlier.
    /// </summary>
    void Wanted(HeldLease lease, DateTimeOffset deadline);

    /// <summary>It is not this worker's any more: write nothing. Told once, and not after it was released or finished.</summary>
    /// <param name="lease">The lease.</param>
    /// <param name="why">For the log: a sentence with the remedy, where there is one.</param>
    void Lost(HeldLease lease, string why);
}
