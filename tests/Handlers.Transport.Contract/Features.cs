namespace Handlers.Transport.Contract;

/// <summary>What a broker can do. Everything, unless the harness says otherwise; what it cannot is reported as skipped.</summary>
public sealed record Features
{
    /// <summary>Headers are carried.</summary>
    public bool Headers { get; init; } = true;

    /// <summary>A header's value may be null.</summary>
    public bool NullHeaders { get; init; } = true;

    /// <summary>A message may have no key.</summary>
    public bool NullKeys { get; init; } = true;

    /// <summary>A key may be empty, and that is not null.</summary>
    public bool EmptyKeys { get; init; } = true;

    /// <summary>A body may be null, and that is not empty.</summary>
    public bool NullBodies { get; init; } = true;

    /// <summary>A publisher may set the timestamp.</summary>
    public bool Timestamps { get; init; } = true;

    /// <summary>A group may begin at a time, and a lane may go to one.</summary>
    public bool Times { get; init; } = true;

    /// <summary>Where a group begins at the next message to come is known to the message after a restart; not so where a time stands for it.</summary>
    public bool ExactLatest { get; init; } = true;

    /// <summary>A lane goes exactly to the next message to come; not so where a time stands for it.</summary>
    public bool ExactSeeks { get; init; } = true;

    /// <summary>A lane may go back and forth.</summary>
    public bool Seeks { get; init; } = true;

    /// <summary>Several members of one group share the partitions of a topic.</summary>
    public bool SeveralMembers { get; init; } = true;

    /// <summary>A member that was killed is found out, and its lanes are given to another.</summary>
    public bool Kills { get; init; } = true;

    /// <summary>Shares are fair as soon as everybody has one; not so where lanes move one by one.</summary>
    public bool FairAtOnce { get; init; } = true;

    /// <summary>Commits are taken while a group is being rearranged.</summary>
    public bool CommitsWhileJoining { get; init; } = true;

    /// <summary>Messages and positions outlive the last transport that is open.</summary>
    public bool SurvivesReopening { get; init; } = true;

    /// <summary>A topic that is asked for may be a pattern.</summary>
    public bool Patterns { get; init; } = true;

    /// <summary>A lane knows how many messages it is behind.</summary>
    public bool Lag { get; init; } = true;

    /// <summary>What was published is at hand at once, so that reading it completes synchronously; not so where it must be fetched first.</summary>
    public bool AtHand { get; init; } = true;

    /// <summary>What is published and the position that it comes from become durable together.</summary>
    public bool Transactions { get; init; } = true;

    /// <summary>Positions that were committed so are remembered.</summary>
    public bool TransactionalPositions { get; init; } = true;

    /// <summary>Topics are read without a group; not tried where another class of the transport's tries the same reader.</summary>
    public bool Reader { get; init; } = true;

    /// <summary>A look begins at a time.</summary>
    public bool ReaderTimes { get; init; } = true;

    /// <summary>A look tells where a lane begins and ends.</summary>
    public bool Extents { get; init; } = true;

    /// <summary>A look tells who reads a lane.</summary>
    public bool Owners { get; init; } = true;

    /// <summary>The harness can take the broker away for a while.</summary>
    public bool GoesAway { get; init; } = true;

    /// <summary>The largest body that is tried, in bytes.</summary>
    public int LargestBody { get; init; } = 5 * 1024 * 1024;
}
