using System.Globalization;
using Handlers.Transport.Contract;

namespace Handlers.Testing.Tests;

/// <summary>The contract on the broker in memory.</summary>
public sealed class InMemoryContractTests : TransportContract
{
    protected override ValueTask<TransportHarness> NewHarnessAsync() => new(new InMemoryHarness());
}

internal sealed class InMemoryHarness : TransportHarness
{
    private readonly InMemoryBroker broker = new() { Partitions = 1 };

    public override ValueTask<ITransport> NewTransportAsync() => new(new InMemoryTransport(broker));

    public override ValueTask CreateTopicAsync(string topic, int partitions)
    {
        broker.CreateTopic(topic, partitions);
        return default;
    }

    public override ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition) =>
        new(broker.Committed(group, topic, int.Parse(partition, CultureInfo.InvariantCulture)));

    /// <summary>Nothing is stored when a transport is disposed, and its lanes are free at once: as if the broker saw a process die.</summary>
    public override ValueTask KillAsync(ITransport transport) => transport.DisposeAsync();

    public override ValueTask DisposeAsync() => default;
}
