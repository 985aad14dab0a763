using System.Globalization;
using Handlers.Transport.Contract;

namespace Handlers.Testing.Tests;

/// <summary>The contract on the broker in memory.</summary>
public sealed class InMemoryContractTests : TransportContract
{
    protected override ValueTask<TransportHarness> NewHarnessAsync() => new(new InMemoryHarness());
}

/// <inheritdoc cref="InMemoryContractTests" />
public sealed class InMemoryGroupContractTests : GroupContract
{
    protected override ValueTask<TransportHarness> NewHarnessAsync() => new(new InMemoryHarness());
}

internal sealed class InMemoryHarness : TransportHarness
{
    private readonly InMemoryBroker broker = new() { Partitions = 1 };

    // Members have no names.
    public override Features Features => new() { Owners = false };

    public override ValueTask<ITransport> NewTransportAsync() => new(new InMemoryTransport(broker));

    public override ValueTask CreateTopicAsync(string topic, int partitions)
    {
        broker.CreateTopic(topic, partitions);
        return default;
    }

    public override ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition) =>
        new(broker.Committed(group, topic, int.Parse(partition, CultureInfo.InvariantCulture)));

    public override ValueTask SetAwayAsync(bool isAway)
    {
        broker.IsAway = isAway;
        return default;
    }

    /// <summary>Nothing is stored when a transport is disposed, and its lanes are free at once: as if the broker saw a process die.</summary>
    public override ValueTask KillAsync(ITransport transport) => transport.DisposeAsync();

    public override ValueTask DisposeAsync() => default;
}
