using Confluent.Kafka;
using Microsoft.Extensions.Logging;

namespace Handlers.Kafka;

/// <summary>
/// The one producer for all that is published, made at the first message. A client that meets a fatal error (it and a broker have lost count of each
/// other's messages, for example) takes and sends nothing any more: the next message gets a new one, with a new producer id. What the old one had
/// not delivered fails, and whoever published that decides whether to do it again.
/// </summary>
/// <param name="make">Makes a client that tells of its errors.</param>
/// <param name="options">Time limits.</param>
/// <param name="log">Where it is said.</param>
internal sealed class SharedProducer(Func<Action<Error>, IProducer<byte[], byte[]>> make, KafkaOptions options, ILogger log) : IAsyncDisposable
{
    private readonly Lock gate = new();
    private readonly List<Task> ending = []; // guarded by gate: clients that fatal errors ended
    private volatile One? current;           // written under gate
    private volatile bool closed;            // written under gate

    /// <summary>The client of now.</summary>
    /// <exception cref="ObjectDisposedException">It is closed.</exception>
    public One Get()
    {
        if (current is { Fatal: null } now) return now;
        lock (gate)
        {
            ObjectDisposedException.ThrowIf(closed, typeof(IPublisher));
            if (current is { Fatal: null } one) return one;
            var next = new One(log);
            next.Client = make(next.Heard);
            Retire(current);
            return current = next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] all;
        lock (gate)
        {
            if (closed) return;
            closed = true;
            Retire(current);
            current = null;
            all = [.. ending];
        }

        await Task.WhenAll(all);
    }

    /// <summary>The client ends when what is under way has its reports, or when the host goes. Under the gate.</summary>
    private void Retire(One? old)
    {
        if (old is null) return;
        ending.RemoveAll(static t => t.IsCompleted);
        ending.Add(Task.Factory.StartNew(() => End(old.Client), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default));
    }

    /// <summary>A thread of its own: it waits.</summary>
    private void End(IProducer<byte[], byte[]> client)
    {
        try
        {
            while (client.Flush(options.CallTimeout) > 0 && !closed) // a report that is not awaited would never come
            {
            }
        }
        finally
        {
            client.Dispose();
        }
    }

    /// <summary>A client, and the fatal error that it met.</summary>
    internal sealed class One(ILogger log)
    {
        private Error? fatal;

        /// <summary>Set before it is handed out.</summary>
        public IProducer<byte[], byte[]> Client { get; set; } = null!;

        /// <summary>Null: it goes on.</summary>
        public Error? Fatal => Volatile.Read(ref fatal);

        /// <summary>What the client reports, or a call or a message failed with. Any thread.</summary>
        public void Heard(Error error)
        {
            if (error.IsFatal && Interlocked.CompareExchange(ref fatal, error, null) is null) KafkaLogs.ProducerMadeAnew(log, error.Code, error.Reason);
        }
    }
}
