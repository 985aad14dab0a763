namespace Handlers;

/// <summary>What handlers publish during a replay: dropped, unless it is asked for. Counted either way.</summary>
/// <param name="inner">Publishes; null: nobody does.</param>
/// <param name="count">Hears how many messages there were.</param>
internal sealed class ReplayPublisher(IPublisher? inner, Action<int> count) : IPublisher
{
    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public async ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        ArgumentNullException.ThrowIfNull(messages);
        if (inner is not null) await inner.PublishAsync(messages, stop);
        count(messages.Count);
    }
}
