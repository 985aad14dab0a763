using System.Globalization;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Embedded.Worker;

/// <summary>Publish and read throughput on one file, with what an acknowledgement promises by default.</summary>
internal static class Measure
{
    public static async Task<int> RunAsync(string[] args)
    {
        var count = args.Length > 1 ? int.Parse(args[1], CultureInfo.InvariantCulture) : 400_000;
        var size = args.Length > 2 ? int.Parse(args[2], CultureInfo.InvariantCulture) : 100;
        foreach (var durability in (Durability[])[Durability.PowerLoss, Durability.ProcessLoss])
        {
            var folder = Path.Combine(args[0], durability.ToString());
            if (Directory.Exists(folder)) Directory.Delete(folder, recursive: true);
            await using var transport = new EmbeddedTransport(new EmbeddedOptions { Folder = folder, Durability = durability }, TimeProvider.System, NullLogger.Instance);
            await transport.Publisher.PublishAsync(new OutgoingMessage { Topic = "warm", Body = new byte[size] });
            await PublishListsAsync(transport, durability, count, size);
            await PublishEachAsync(transport, durability, size);
            await ReadAsync(transport, durability, count, MessageParts.None);
            await ReadAsync(transport, durability, count, MessageParts.All);
            await CommitEachAsync(transport, durability);
        }

        return 0;
    }

    private static async Task PublishListsAsync(EmbeddedTransport transport, Durability durability, int count, int size)
    {
        var messages = Enumerable.Range(0, 1000).Select(i => Of("topic", i, size)).ToList();
        var began = TimeProvider.System.GetTimestamp();
        for (var i = 0; i < count; i += 1000) await transport.Publisher.PublishAsync(messages);
        Print($"{durability}: publish, lists of 1,000 of {size} B", count, began);
    }

    private static async Task PublishEachAsync(EmbeddedTransport transport, Durability durability, int size)
    {
        const int Each = 200;
        foreach (var callers in (int[])[1, 100])
        {
            var began = TimeProvider.System.GetTimestamp();
            await Task.WhenAll(Enumerable.Range(0, callers).Select(async caller =>
            {
                await Task.Yield();
                for (var i = 0; i < Each; i++) await transport.Publisher.PublishAsync(Of("single", caller, size));
            }));
            Print($"{durability}: publish one by one, {callers} callers", callers * Each, began);
        }
    }

    private static async Task ReadAsync(EmbeddedTransport transport, Durability durability, int count, MessageParts parts)
    {
        await using var subscription = await SubscribeAsync(transport, "topic", $"group{parts}", parts);
        using var stop = new CancellationTokenSource();
        var began = TimeProvider.System.GetTimestamp();
        var allocated = GC.GetTotalAllocatedBytes(precise: true);
        var left = count;
        var lanes = new List<Task>();
        await foreach (var lane in subscription.LanesAsync(stop.Token))
        {
            lanes.Add(Task.Factory.StartNew(() => LaneAsync(lane), CancellationToken.None, TaskCreationOptions.None, TaskScheduler.Default).Unwrap());
        }

        await Task.WhenAll(lanes);
        Print($"{durability}: read, batches of 500, {parts}", count, began, GC.GetTotalAllocatedBytes(precise: true) - allocated);

        async Task LaneAsync(ILane lane)
        {
            var batch = new MessageBatch(500, 4 * 1024 * 1024);
            try
            {
                while (await lane.ReadAsync(batch, stop.Token))
                {
                    lane.Store(batch[batch.Count - 1].Position);
                    if (Interlocked.Add(ref left, -batch.Count) <= 0) await stop.CancelAsync();
                    batch.Clear();
                }
            }
            catch (OperationCanceledException)
            {
            }
        }
    }

    private static async Task CommitEachAsync(EmbeddedTransport transport, Durability durability)
    {
        const int Commits = 300;
        await using var subscription = await SubscribeAsync(transport, "topic", "each", MessageParts.None);
        await foreach (var lane in subscription.LanesAsync(CancellationToken.None))
        {
            var batch = new MessageBatch(1, 1024 * 1024);
            var began = TimeProvider.System.GetTimestamp();
            for (var i = 0; i < Commits; i++)
            {
                await lane.ReadAsync(batch, CancellationToken.None);
                lane.Store(batch[0].Position);
                await subscription.FlushAsync(CancellationToken.None);
                batch.Clear();
            }

            Print($"{durability}: read, store, flush one by one", Commits, began);
            return;
        }
    }

    private static ValueTask<ISubscription> SubscribeAsync(EmbeddedTransport transport, string topic, string group, MessageParts parts) =>
        transport.SubscribeAsync(
            new SubscriptionRequest { Group = group, Topics = [new SubscribedTopic(topic, default, parts)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);

    private static OutgoingMessage Of(string topic, int number, int size) => new() { Topic = topic, Key = BitConverter.GetBytes(number), Body = new byte[size] };

    private static void Print(string what, int count, long began, long allocated = 0)
    {
        var seconds = TimeProvider.System.GetElapsedTime(began).TotalSeconds;
        var bytes = allocated > 0 ? string.Create(CultureInfo.InvariantCulture, $", {allocated / count} B allocated per message") : "";
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{what}: {count / seconds:N0} messages/s{bytes}"));
    }
}
