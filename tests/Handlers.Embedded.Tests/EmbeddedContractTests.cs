using System.Globalization;
using Handlers.Transport.Contract;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Embedded.Tests;

/// <summary>The contract on the embedded log.</summary>
public sealed class EmbeddedContractTests : TransportContract
{
    protected override ValueTask<TransportHarness> NewHarnessAsync() => new(new EmbeddedHarness());
}

/// <inheritdoc cref="EmbeddedContractTests" />
public sealed class EmbeddedGroupContractTests : GroupContract
{
    protected override ValueTask<TransportHarness> NewHarnessAsync() => new(new EmbeddedHarness());
}

internal sealed class EmbeddedHarness : TransportHarness
{
    private readonly TempFolder folder = new();

    public override Features Features => new() { Patterns = false };

    public EmbeddedOptions Options => new()
    {
        Folder = folder.Path,
        Partitions = 1,
        LeaseTime = TimeSpan.FromMilliseconds(1000),
        PollInterval = TimeSpan.FromMilliseconds(10),
        Durability = Durability.ProcessLoss,
    };

    public override ValueTask<ITransport> NewTransportAsync() => new(new EmbeddedTransport(Options, TimeProvider.System, NullLogger.Instance));

    public override ValueTask CreateTopicAsync(string topic, int partitions)
    {
        using var log = EmbeddedLog.Open(folder.Path);
        log.CreateTopic(topic, partitions);
        return default;
    }

    public override ValueTask<Position?> ReadCommittedAsync(string group, string topic, string partition)
    {
        using var log = EmbeddedLog.Open(folder.Path);
        var number = int.Parse(partition, CultureInfo.InvariantCulture);
        return new(log.Positions(group).FirstOrDefault(p => p.Topic == topic && p.Partition == number)?.Handled);
    }

    public override ValueTask<IReadOnlyList<string>> ThingsAsync()
    {
        using var log = EmbeddedLog.Open(folder.Path);
        return new([.. log.Positions().Select(p => $"{p.Group} {p.Topic}/{p.Partition}"), .. log.Partitions().Select(p => $"{p.Topic}/{p.Partition}")]);
    }

    /// <summary>The folder has another name meanwhile.</summary>
    public override ValueTask SetAwayAsync(bool isAway)
    {
        if (isAway) Directory.Move(folder.Path, folder.Path + ".away");
        else Directory.Move(folder.Path + ".away", folder.Path);
        return default;
    }

    public override ValueTask KillAsync(ITransport transport) => ((EmbeddedTransport)transport).AbandonAsync();

    public override ValueTask DisposeAsync()
    {
        folder.Dispose();
        return default;
    }
}
