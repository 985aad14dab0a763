using Amazon.Kinesis;
using Amazon.Kinesis.Model;
using Handlers.Kinesis;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Benchmarks;

/// <summary>The production host with generated registration, as an application has it, until all is handled and its checkpoints are on disk.</summary>
internal static class ShardPass
{
    private static readonly TimeSpan Look = TimeSpan.FromMilliseconds(10);

    // The emulator has no limits, and an answer that is full takes it longer: nothing waits but a shard that has nothing more, which would take the emulator's
    // time from the others.
    private static readonly TimeSpan Apart = TimeSpan.FromMilliseconds(10);

    /// <exception cref="InvalidOperationException">The checkpoints are not at the end.</exception>
    public static async Task<Pass> RunAsync(RowRequest request, string group, string handler)
    {
        var folder = Directory.CreateTempSubdirectory("handlers-bench-");
        try
        {
            var pass = await RunAsync(request, group, handler, folder.FullName);
            await CheckAsync(request, group, folder.FullName);
            return pass;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    private static async Task<Pass> RunAsync(RowRequest request, string group, string handler, string folder)
    {
        var window = Handled.Begin(request.Messages, new Window(null, request.Messages));
        var builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings { ApplicationName = "bench" });
        builder.Configuration.AddInMemoryCollection([
            new($"Handlers:{handler}:Group", group),
            new($"Handlers:{handler}:Topic", request.Topic),
            .. BenchHandlers.Others(handler),
            new("Handlers:CommitInterval", "1"),
        ]);
        builder.Logging.SetMinimumLevel(LogLevel.Warning);
        builder.Services.AddStreamHandlers().UseKinesis(options =>
        {
            options.Client = () => new BenchClient(request.Bootstrap, window);
            options.Start = StartFrom.Earliest;
            options.CheckpointFolder = folder;
            options.FetchInterval = Apart;
        });
        using var host = builder.Build();
        await host.StartAsync();
        var pass = await window.Measured;
        while (Handled.Total < request.Messages) await Task.Delay(Look);
        await host.StopAsync();
        return pass;
    }

    /// <summary>Behind each shard's checkpoint there is nothing.</summary>
    private static async Task CheckAsync(RowRequest request, string group, string folder)
    {
        using var client = new BenchClient(request.Bootstrap);
        await using var checkpoints = new DiskCheckpoints(folder, NullLogger.Instance);
        foreach (var shard in (await client.ListShardsAsync(new ListShardsRequest { StreamName = request.Topic })).Shards)
        {
            var handled = (await checkpoints.ReadAsync(new ShardKey(group, request.Topic, shard.ShardId), CancellationToken.None))?.Handled?.Sequence;
            if (handled is null) throw new InvalidOperationException($"Group {group} has no position in shard {shard.ShardId} of stream {request.Topic}.");
            var behind = new GetShardIteratorRequest { StreamName = request.Topic, ShardId = shard.ShardId, ShardIteratorType = ShardIteratorType.AFTER_SEQUENCE_NUMBER, StartingSequenceNumber = handled };
            var answer = await client.GetRecordsAsync(new GetRecordsRequest { ShardIterator = (await client.GetShardIteratorAsync(behind)).ShardIterator });
            if (answer.Records is { Count: > 0 } left) throw new InvalidOperationException($"Group {group}: {left.Count} records of shard {shard.ShardId} of stream {request.Topic} are behind its checkpoint.");
        }
    }
}
