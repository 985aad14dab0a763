namespace Handlers.Transport.Contract;

/// <summary>One log (broker, file, memory) and what the contract needs to know of it. A new one for each test.</summary>
public abstract class TransportHarness : IAsyncDisposable
{
    /// <summary>What the broker can do.</summary>
    public virtual Features Features { get; } = new();

    /// <summary>A transport over this log. Several are like several processes. The contract disposes it.</summary>
    public abstract ValueTask<ITransport> NewTransportAsync();

    /// <summary>Makes a topic with so many partitions.</summary>
    public abstract ValueTask CreateTopicAsync(string topic, int partitions);

    /// <summary>
    /// The durable position of a group: the last that is handled. Where nothing is handled yet, whatever the broker has; the
    /// contract only compares it with itself.
    /// </summary>
    public abstract ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition);

    /// <summary>What there is beside messages and positions that a look might make: tables, files, groups. Nothing, where the contract sees all of it.</summary>
    public virtual ValueTask<IReadOnlyList<string>> ThingsAsync() => new([]);

    /// <summary>
    /// Ends a transport as SIGKILL would: nothing is stored, released or left. It is not disposed afterwards. Only with
    /// <see cref="Features.Kills"/>.
    /// </summary>
    public virtual ValueTask KillAsync(ITransport transport) => throw new NotSupportedException("The harness cannot kill.");

    /// <summary>Takes the broker away from every transport, or brings it back. Only with <see cref="Features.GoesAway"/>.</summary>
    public virtual ValueTask SetAwayAsync(bool isAway) => throw new NotSupportedException("The harness cannot take the broker away.");

    /// <summary>Set before a test makes transports that are to find topics which come later: they look for them often.</summary>
    public bool WatchesTopics { get; set; }

    /// <summary>The clock that the transports have.</summary>
    public virtual TimeProvider Time => TimeProvider.System;

    /// <summary>
    /// Called again and again while a test waits, so that a harness with a clock of its own moves it on by about so much. With
    /// the system's clock there is nothing to do.
    /// </summary>
    public virtual ValueTask AdvanceAsync(TimeSpan step) => default;

    /// <summary>Removes the log.</summary>
    public abstract ValueTask DisposeAsync();
}
