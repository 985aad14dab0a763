using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Microsoft.Extensions.DependencyInjection;

namespace Handlers.Crash;

/// <summary>
/// Appends numbers from 1 up, in bursts, while workers are killed: as much as they handle and some more, so that there is always
/// something to be killed at. Published on the public path, by a process that is not killed.
/// </summary>
[SuppressMessage("Security", "CA5394", Justification = "Bursts, not secrets.")]
internal sealed class Appending : IAsyncDisposable
{
    /// <summary>How many keys there are.</summary>
    public const int Keys = 199;

    private const int MostBehind = 4_000;

    private readonly ServiceProvider services;
    private readonly IPublisher publisher;
    private readonly CancellationTokenSource stop = new();
    private readonly Task running;
    private readonly TaskCompletionSource begun = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Random random;
    private int appended;
    private int handled;

    public Appending(ICrashTransport transport, int seed)
    {
        random = new Random(seed);
        var collection = new ServiceCollection();
        transport.Use(HandlersBuilder.For(collection));
        services = collection.BuildServiceProvider();
        publisher = services.GetRequiredService<IPublisher>();
        running = Task.Run(RunAsync);
    }

    /// <summary>The numbers from 1 to this are acknowledged.</summary>
    public int Appended => Volatile.Read(ref appended);

    /// <summary>
    /// Until the first are acknowledged. Readers begin after that: kinesalite may lose the first record of a stream to one that has looked at an empty
    /// shard. Its iterator then stands at number 0 of the present second, and that record is number 0 of the second in which its put began; whatever
    /// else there is has a higher number, and a reader that has read anything stands at a number that was given.
    /// </summary>
    public Task BegunAsync() => Task.WhenAny(begun.Task, running).Unwrap();

    /// <summary>How many messages the workers are done with, so that it stays ahead of them by as much as is useful.</summary>
    public void Note(int messages) => Volatile.Write(ref handled, messages);

    /// <summary>Ends, and throws what appending threw.</summary>
    public async Task<int> EndAsync()
    {
        await stop.CancelAsync();
        await running;
        return Appended;
    }

    private async Task RunAsync()
    {
        while (!stop.IsCancellationRequested)
        {
            await Task.Delay(random.Next(5, 60), CancellationToken.None);
            if (Appended - Volatile.Read(ref handled) > MostBehind) continue;
            var count = random.Next(20, 500);
            await publisher.PublishAsync([.. Enumerable.Range(Appended + 1, count).Select(Of)], CancellationToken.None);
            Volatile.Write(ref appended, Appended + count);
            begun.TrySetResult();
        }
    }

    /// <summary>Messages of one key are in one lane, in the order of their numbers.</summary>
    public static int KeyOf(int id) => id % Keys;

    private static OutgoingMessage Of(int id) => new()
    {
        Topic = Numbers.Topic,
        Key = OutgoingMessage.Utf8(KeyOf(id).ToString(CultureInfo.InvariantCulture)),
        Body = OutgoingMessage.Utf8(id.ToString(CultureInfo.InvariantCulture)),
    };

    public async ValueTask DisposeAsync()
    {
        await stop.CancelAsync();
        await running.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await services.DisposeAsync();
        stop.Dispose();
    }
}
