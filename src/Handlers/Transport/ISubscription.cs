namespace Handlers;

/// <summary>Membership of a group: a stream of lanes, and the one place where positions become durable.</summary>
/// <remarks>
/// Disposing leaves the group. The core disposes when it has released every lane; a transport that is disposed earlier
/// (the process goes down) stores nothing more.
/// </remarks>
public interface ISubscription : IAsyncDisposable
{
    /// <summary>
    /// The lanes, each yielded when it is this process's to read: at the first assignment and at every later one. A
    /// partition that comes back is a new lane with a higher epoch. Before a lane without a committed position is
    /// yielded, its start is resolved and durable, so that a crash before the first commit skips nothing. Ends when
    /// <paramref name="stop"/> fires (without throwing) or throws when the transport cannot go on. Enumerated once.
    /// Lanes that were yielded live on after the end, until they are released.
    /// </summary>
    IAsyncEnumerable<ILane> LanesAsync(CancellationToken stop);

    /// <summary>
    /// Makes durable what every lane of this subscription has stored, in one round trip. Positions of lanes that are no
    /// longer ours are not written: those lanes end as lost (<see cref="ILane.Lost"/> fires), the others are committed all the
    /// same. Never moves a position backwards within an epoch. Throws a <see cref="TransportException"/> when it is not
    /// known to be durable; what was stored stays stored, and the next call tries again. Not called concurrently.
    /// </summary>
    ValueTask FlushAsync(CancellationToken stop);

    /// <summary>What keeps the membership alive, for health. Cheap: memory only. Any thread.</summary>
    SubscriptionState State => default;

    /// <summary>
    /// Asks the broker where the lanes end now, so that <see cref="ILane.State"/> tells of a moment after the call. A transport whose lanes
    /// know at once what is published has nothing to do. Throws a <see cref="TransportException"/> when the broker does not answer.
    /// </summary>
    ValueTask LookAsync(CancellationToken stop) => default;

    /// <summary>
    /// Asks the broker something small, for health: of the lanes that are here, where that is to be had at once. Moves no position and disturbs no read. Throws a
    /// <see cref="TransportException"/> when the broker does not answer; whoever asks gives it a time by <paramref name="stop"/>. Any thread; one at a time.
    /// </summary>
    ValueTask PingAsync(CancellationToken stop) => LookAsync(stop);
}

/// <summary>What keeps a membership alive.</summary>
/// <param name="PollAge">
/// How long ago the transport's own work for the group (the client's poll, the renewal of leases) began a round last. It grows when that work
/// hangs, and then the group gives the lanes to others. Null: it has not begun, has ended, or there is no such work.
/// </param>
public readonly record struct SubscriptionState(TimeSpan? PollAge);
