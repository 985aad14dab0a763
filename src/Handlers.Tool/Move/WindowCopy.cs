using System.Text;

namespace Handlers.Tool;

/// <summary>Copies a window of a topic, lane after lane, in each lane's order.</summary>
/// <param name="transport">Where it is.</param>
/// <param name="window">What is copied.</param>
/// <param name="time">Time.</param>
/// <param name="progress">Hears how many messages of how many there were.</param>
internal sealed class WindowCopy(ITransport transport, ReplayWindow window, TimeProvider time, Action<long, long?> progress)
{
    private const int BatchSize = 500;
    private const long BatchBytes = 4 * 1024 * 1024;

    public async Task IntoTopicAsync(string target, CancellationToken stop)
    {
        if (target == window.Topic) throw ToolException.Usage($"Topic '{target}' cannot be replayed into itself.");
        await RunAsync(async (_, batch) => await transport.Publisher.PublishAsync([.. batch.Messages.ToArray().Select(m => new OutgoingMessage
        {
            Topic = target,
            Key = m.Key.ToNullableMemory(),
            Body = m.Body.ToNullableMemory(),
            Headers = m.Headers ?? Headers.Empty,
            Timestamp = MessageTime.Of(m.TimestampMilliseconds),
        })], stop), stop);
    }

    /// <summary>To the output, until nobody reads it any more.</summary>
    public async Task IntoAsync(Screen screen, CancellationToken stop)
    {
        using var left = CancellationTokenSource.CreateLinkedTokenSource(stop);
        try
        {
            await RunAsync((partition, batch) =>
            {
                for (var i = 0; i < batch.Count && !screen.IsLeft; i++) screen.Text(MessageLine.Write(window.Topic, partition, in batch[i]));
                return screen.IsLeft ? left.CancelAsync() : Task.CompletedTask;
            }, left.Token);
        }
        catch (OperationCanceledException) when (screen.IsLeft && !stop.IsCancellationRequested)
        {
        }
    }

    /// <summary>Beside it first: one that is cut off is never there under its name.</summary>
    public async Task IntoFileAsync(string path, CancellationToken stop)
    {
        if (IsProgram(path)) throw ToolException.Usage($"{path} is a program, which would be written over. Name a file for the messages; or the application's assembly ({Path.ChangeExtension(path, ".dll")}), to give them to its handlers.");
        var fresh = path + ".tmp";
        try
        {
            await using (var file = new StreamWriter(fresh, append: false, new UTF8Encoding(false)) { NewLine = "\n" })
            {
                await RunAsync(async (partition, batch) =>
                {
                    for (var i = 0; i < batch.Count; i++) await file.WriteLineAsync(MessageLine.Write(window.Topic, partition, in batch[i]).AsMemory(), stop);
                }, stop);
            }

            File.Move(fresh, path, overwrite: true);
        }
        catch when (File.Exists(fresh))
        {
            File.Delete(fresh);
            throw;
        }
    }

    /// <param name="write">Gets each batch, with its partition. Its bytes are gone afterwards.</param>
    /// <param name="stop">Gives up.</param>
    private async Task RunAsync(Func<string, MessageBatch, Task> write, CancellationToken stop)
    {
        var lanes = await transport.Reader!.LanesAsync(window.Topic, stop);
        var all = window is { From: { After: null, From: not StartFrom.Time }, To: null } ? lanes.Where(l => window.Partitions.Count == 0 || window.Partitions.Contains(l.Partition)).Sum(static l => l.Messages) : null;
        var copied = 0L;
        var replayed = new ReplayTransport(transport, window, new ReplayPublisher(null, static _ => { }), time);
        await using var subscription = await replayed.SubscribeAsync(
            new SubscriptionRequest { Group = "copy", Topics = [new SubscribedTopic(window.Topic, default, MessageParts.All)], RevokeBudget = TimeSpan.Zero }, stop);
        await foreach (var lane in subscription.LanesAsync(stop))
        {
            var batch = new MessageBatch(BatchSize, BatchBytes);
            while (await lane.ReadAsync(batch, stop))
            {
                await write(lane.Id.Partition, batch);
                copied += batch.Count;
                progress(copied, all);
                batch.Clear();
            }

            await lane.ReleaseAsync(LaneEnd.Finished);
        }

        stop.ThrowIfCancellationRequested();
    }

    private static bool IsProgram(string path)
    {
        if (!File.Exists(path)) return false;
        using var file = File.OpenRead(path);
        Span<byte> begin = stackalloc byte[4];
        var read = file.ReadAtLeast(begin, begin.Length, throwOnEndOfStream: false);
        return begin[..read].StartsWith("\u007fELF"u8) || begin[..read].StartsWith("MZ"u8) || begin[..read] is [0xcf, 0xfa, 0xed, 0xfe];
    }
}
