using Confluent.Kafka;

namespace Handlers.Kafka;

/// <summary>
/// A consumer that joins no group: it is told what to read, and commits nothing. With a thread of its own for its calls, which block. Used by one lane's reader, or for
/// one question, at a time.
/// </summary>
internal sealed class LookClient : IDisposable
{
    private readonly BlockingCalls calls = new("Kafka look");
    private readonly IConsumer<byte[], byte[]> consumer;
    private readonly Lazy<IAdminClient> admin;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public LookClient(Clients clients)
    {
        consumer = clients.Looking();
        // On the consumer's own handle: a client of its own would make a topic by asking for it.
        admin = new(() => new DependentAdminClientBuilder(consumer.Handle).Build());
    }

    /// <summary>Whether it was used since it was looked at last. The reader's, under its gate.</summary>
    public bool WasUsed { get; set; }

    /// <summary>Completes when its thread and its connections are gone.</summary>
    public Task Ended => ended.Task;

    /// <summary>Makes a call on its thread. It is not left behind when its caller gives up: who calls sees to its end.</summary>
    public Task<T> RunAsync<T>(Func<IConsumer<byte[], byte[]>, IAdminClient, T> call) => calls.RunAsync(() => call(consumer, admin.Value), CancellationToken.None);

    /// <summary>Returns at once; <see cref="Ended"/> tells when it is done.</summary>
    public void Dispose()
    {
        _ = calls.RunAsync(
            () =>
            {
                if (admin.IsValueCreated) admin.Value.Dispose();
                consumer.Dispose();
                ended.SetResult();
                return true;
            }, CancellationToken.None);
        calls.Dispose();
    }
}
