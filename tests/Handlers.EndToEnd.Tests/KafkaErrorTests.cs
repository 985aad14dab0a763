using Handlers.Crash;
using Handlers.Kafka.Peers;

namespace Handlers.EndToEnd.Tests;

/// <summary>What a process ends with.</summary>
public sealed class KafkaErrorTests
{
    private const int GroupAuthorizationFailed = 30;

    [Fact]
    public async Task A_group_that_may_not_be_committed_for_ends_the_process_with_an_error_and_its_remedy()
    {
        var folder = Directory.CreateTempSubdirectory("handlers-kafka-error-");
        await using var broker = await Broker.StartAsync(stop: TestContext.Current.CancellationToken);
        foreach (var topic in (string[])[Numbers.Topic, Census.DeadTopic]) await broker.CreateTopicAsync(topic, 1);
        await broker.FailAsync(KafkaApi.OffsetCommit, GroupAuthorizationFailed, count: 1000);
        await using var transport = new KafkaCrash(broker.Bootstrap);
        using var worker = Worker.Start(transport, Path.Combine(folder.FullName, "ledger.txt"), new Cell(Ordering.Lane, Commit.Watermark).Environment());
        await QuickStartTests.Eventually(() => worker.HasExited);
        Assert.Equal(1, await worker.StopAsync()); // what it had ended with already
        Assert.Contains($"Group '{Numbers.Name}' cannot go on: ", worker.Errors, StringComparison.Ordinal);
        Assert.Contains("Grant this client Read on the group.", worker.Errors, StringComparison.Ordinal);
        folder.Delete(recursive: true);
    }
}
