using System.Globalization;
using System.Text;

namespace Handlers.Embedded.Worker;

/// <summary>A small consumer: what it handled is on the disk before it is stored and flushed. Ends by being killed, or by a line on its input.</summary>
internal static class Consuming
{
    public static async Task RunAsync(EmbeddedTransport transport, string topic, string group, string file)
    {
        using var handled = new DurableLines(file);
        using var stop = new CancellationTokenSource();
        await using var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = group, Topics = [new SubscribedTopic(topic, default, MessageParts.Key)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);
        var ending = EndAsync(stop);
        using var flushing = new SemaphoreSlim(1);
        var lanes = new List<Task>();
        await foreach (var lane in subscription.LanesAsync(stop.Token)) lanes.Add(HandleAsync(subscription, lane, handled, flushing, stop.Token));
        await Task.WhenAll(lanes);
        await ending;
    }

    private static async Task EndAsync(CancellationTokenSource stop)
    {
        await Task.Yield();
        await Console.In.ReadLineAsync();
        await stop.CancelAsync();
    }

    private static async Task HandleAsync(ISubscription subscription, ILane lane, DurableLines handled, SemaphoreSlim flushing, CancellationToken stop)
    {
        await Task.Yield();
        var batch = new MessageBatch(20, 1024 * 1024);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop, lane.Lost);
        var revoked = lane.Revoked.ContinueWith(_ => ends.Cancel(), TaskScheduler.Default);
        try
        {
            while (await lane.ReadAsync(batch, ends.Token))
            {
                await flushing.WaitAsync(ends.Token);
                try
                {
                    handled.Write(Lines(lane, batch));
                    lane.Store(batch[batch.Count - 1].Position);
                    await subscription.FlushAsync(CancellationToken.None);
                }
                finally
                {
                    flushing.Release();
                    batch.Clear();
                }
            }
        }
        catch (OperationCanceledException)
        {
        }

        await lane.ReleaseAsync(lane.Lost.IsCancellationRequested ? LaneEnd.Lost : stop.IsCancellationRequested ? LaneEnd.Stopped : LaneEnd.Revoked);
    }

    // pid partition epoch position key number
    private static List<string> Lines(ILane lane, MessageBatch batch)
    {
        var lines = new List<string>();
        foreach (ref readonly var message in batch.Messages)
            lines.Add(string.Create(CultureInfo.InvariantCulture,
                $"{Environment.ProcessId} {lane.Id.Partition} {lane.Id.Epoch} {message.Position} {Encoding.UTF8.GetString(message.Key.Span)} {Encoding.UTF8.GetString(message.Body.Span)}"));
        return lines;
    }
}
