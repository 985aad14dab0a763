using Amazon.Kinesis.Model;
using Amazon.Runtime.EventStreams;

namespace Handlers.Kinesis;

/// <summary>A subscription to a shard: a stream of events. Nothing is read from it but when the next event is asked for.</summary>
/// <param name="events">The events.</param>
/// <param name="owner">What is disposed with it; that ends a read that is under way.</param>
internal sealed class ShardEvents(IAsyncEnumerator<IEventStreamEvent> events, IDisposable owner) : IAsyncDisposable
{
    private Task<bool>? moving; // outlives a wait that was given up, so that no event is lost by it

    public static ShardEvents Of(SubscribeToShardResponse answer) => new(answer.EventStream.GetAsyncEnumerator(CancellationToken.None), answer);

    /// <summary>The next event; null: the subscription is over. Throws <see cref="TimeoutException"/> where none comes for so long.</summary>
    public async ValueTask<SubscribeToShardEvent?> NextAsync(TimeSpan patience, TimeProvider time, CancellationToken stop)
    {
        while (true)
        {
            moving ??= events.MoveNextAsync().AsTask();
            var any = await moving.WaitAsync(patience, time, stop);
            moving = null;
            if (!any) return null;
            // Others are of later versions, and the first may say nothing but that it is one.
            if (events.Current is SubscribeToShardEvent next) return next;
        }
    }

    public async ValueTask DisposeAsync()
    {
        owner.Dispose();
        if (moving is not null) await ((Task)moving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing | ConfigureAwaitOptions.ContinueOnCapturedContext);
        await events.DisposeAsync();
    }
}
