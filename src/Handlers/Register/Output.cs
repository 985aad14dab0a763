namespace Handlers;

/// <summary>Publishes the results of one call. Each publish is acknowledged before the call's outcome is final.</summary>
internal readonly struct Output(Publication publication, ReadOnlyMemory<byte>? sourceKey)
{
    public async ValueTask PublishAsync<T>(ValueTask<T> result, Pack<T> pack, CancellationToken stop)
    {
        var value = await result;
        if (value is not null) await PublishAsync(value, pack, stop);
    }

    public async ValueTask PublishEachAsync<T>(IAsyncEnumerable<T> results, Pack<T> pack, CancellationToken stop)
    {
        await foreach (var value in results.WithCancellation(stop))
            if (value is not null) await PublishAsync(value, pack, stop);
    }

    public ValueTask PublishAsync<T>(T value, Pack<T> pack, CancellationToken stop)
    {
        var message = pack(value) with { Topic = publication.Topic };
        // A plain payload has no say about its key, so it keeps the source's: what was in order by key stays so.
        if (message.Key is null && !IsOutgoingMessage<T>.Value) message = message with { Key = sourceKey };
        return publication.Publisher.PublishAsync(message, stop);
    }

    private static class IsOutgoingMessage<T>
    {
        public static readonly bool Value = typeof(T).IsGenericType && typeof(T).GetGenericTypeDefinition() == typeof(OutgoingMessage<>);
    }
}
