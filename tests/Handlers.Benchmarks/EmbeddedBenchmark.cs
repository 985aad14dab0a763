using System.Diagnostics;
using Handlers.Embedded;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Benchmarks;

/// <summary>The embedded log by itself: acknowledged publishes, and reads of whole lanes.</summary>
internal static class EmbeddedBenchmark
{
    private const int Messages = 100_000;

    public static async Task<(Figures Publish, Figures Read)> RunAsync()
    {
        var folder = Directory.CreateTempSubdirectory("handlers-bench-").FullName;
        try
        {
            await using var transport = new EmbeddedTransport(new EmbeddedOptions { Folder = folder }, TimeProvider.System, NullLogger.Instance);
            var batch = Enumerable.Repeat(new OutgoingMessage { Topic = "bench", Body = new byte[99] }, 1000).ToList();
            var publish = await MeasureAsync(async () =>
            {
                for (var i = 0; i < Messages / batch.Count; i++) await transport.Publisher.PublishAsync(batch);
            });
            await using var subscription = await transport.SubscribeAsync(
                new SubscriptionRequest { Group = "bench", Topics = [new SubscribedTopic("bench", StartPosition.Earliest, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(1) }, default);
            using var stop = new CancellationTokenSource();
            var read = await MeasureAsync(async () =>
            {
                var left = Messages;
                await foreach (var lane in subscription.LanesAsync(stop.Token))
                {
                    var into = new MessageBatch(500, 4 << 20);
                    while (lane.State.LagMessages > 0 && await lane.ReadAsync(into, stop.Token))
                    {
                        left -= into.Count;
                        into.Clear();
                    }

                    if (left == 0) break;
                }
            });
            return (publish, read);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static async Task<Figures> MeasureAsync(Func<Task> work)
    {
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var began = Stopwatch.GetTimestamp();
        await work();
        return new Figures(Stopwatch.GetElapsedTime(began).TotalNanoseconds / Messages, (GC.GetTotalAllocatedBytes(precise: true) - allocated) / (double)Messages);
    }
}
