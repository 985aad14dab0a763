using System.Text;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Handlers.Embedded.Tests;

/// <summary>A folder, transports over it, and the few calls that most tests make.</summary>
public abstract class EmbeddedTest : IAsyncDisposable
{
    protected const int Limit = 60_000;

    private readonly TempFolder folder = new();
    private readonly List<IAsyncDisposable> open = [];

    protected string Folder => folder.Path;

    protected string File => folder.File;

    private protected EmbeddedTransport Transport(Action<EmbeddedOptions>? configure = null, TimeProvider? time = null, ILogger? log = null)
    {
        var options = new EmbeddedOptions
        {
            Folder = folder.Path,
            Partitions = 1,
            LeaseTime = TimeSpan.FromSeconds(1),
            PollInterval = TimeSpan.FromMilliseconds(10),
            BusyTimeout = TimeSpan.FromMilliseconds(300),
            Durability = Durability.ProcessLoss,
        };
        configure?.Invoke(options);
        var transport = new EmbeddedTransport(options, time ?? TimeProvider.System, log ?? NullLogger.Instance);
        open.Add(transport);
        return transport;
    }

    private protected static ValueTask<ISubscription> SubscribeAsync(EmbeddedTransport transport) => transport.SubscribeAsync(
        new SubscriptionRequest { Group = "group", Topics = [new SubscribedTopic("topic", default, MessageParts.None)], RevokeBudget = TimeSpan.FromSeconds(5) },
        CancellationToken.None);

    private protected async Task<(ISubscription Subscription, ILane Lane)> LaneAsync(
        EmbeddedTransport transport, string topic = "topic", string group = "group", StartPosition start = default)
    {
        var subscription = await transport.SubscribeAsync(
            new SubscriptionRequest { Group = group, Topics = [new SubscribedTopic(topic, start, MessageParts.All)], RevokeBudget = TimeSpan.FromSeconds(5) },
            CancellationToken.None);
        open.Insert(0, subscription);
        await foreach (var lane in Endless(subscription)) return (subscription, lane);
        throw new InvalidOperationException("No lane came.");
    }

    /// <summary>The lanes without an end: who takes the first and goes must not be taken for one who leaves.</summary>
    private static async IAsyncEnumerable<ILane> Endless(ISubscription subscription)
    {
        var lanes = subscription.LanesAsync(CancellationToken.None).GetAsyncEnumerator();
        while (await lanes.MoveNextAsync()) yield return lanes.Current;
    }

    private protected static async Task PublishAsync(EmbeddedTransport transport, int from, int count, string topic = "topic", int size = 0)
    {
        for (var i = from; i < from + count; i++)
            await transport.Publisher.PublishAsync(new OutgoingMessage
            {
                Topic = topic,
                Key = "k"u8.ToArray(),
                Body = size == 0 ? Encoding.UTF8.GetBytes($"{i}") : new byte[size],
            });
    }

    protected static async Task<List<(Position Position, string Text)>> ReadAsync(ILane lane, int count)
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        var read = new List<(Position, string)>();
        while (read.Count < count)
        {
            var batch = new MessageBatch(count - read.Count, 1_000_000);
            await lane.ReadAsync(batch, stop.Token);
            foreach (ref readonly var message in batch.Messages) read.Add((message.Position, Encoding.UTF8.GetString(message.Body.Span)));
            batch.Clear();
        }

        return read;
    }

    protected static async Task Eventually(Func<bool> holds)
    {
        var began = TimeProvider.System.GetTimestamp();
        while (!holds())
        {
            if (TimeProvider.System.GetElapsedTime(began) > TimeSpan.FromSeconds(30)) throw new TimeoutException();
            await Task.Delay(5);
        }
    }

    private protected EmbeddedLog Log() => EmbeddedLog.Open(folder.Path);

    private protected Position? Committed(string group = "group")
    {
        using var log = Log();
        return log.Positions(group) is [var position, ..] ? position.Handled : null;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var disposable in open) await disposable.DisposeAsync();
        folder.Dispose();
        GC.SuppressFinalize(this);
    }
}
