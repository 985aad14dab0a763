using System.Diagnostics;

namespace Handlers;

/// <summary>
/// What one call publishes, where that becomes durable with the position: gathered, and handed on with the outcome. Of a call that fails
/// nothing is published.
/// </summary>
/// <remarks>Memory only, so a call that is told to give up and has its results already may hand them over.</remarks>
internal sealed class Outbox : IPublisher
{
    private readonly Lock gate = new(); // a handler may publish from several threads, and a call that does not listen may go on when it is over
    private List<OutgoingMessage>? messages = []; // guarded by gate; null: the call is over

    public ValueTask PublishAsync(OutgoingMessage message, CancellationToken stop = default) => PublishAsync([message], stop);

    public ValueTask PublishAsync(IReadOnlyList<OutgoingMessage> messages, CancellationToken stop = default)
    {
        var current = Activity.Current;
        lock (gate)
        {
            if (this.messages is null) throw new InvalidOperationException("The call is over: what it publishes now is in no transaction.");
            foreach (var message in messages) this.messages.Add(TraceContext.With(message, current));
        }

        return default;
    }

    /// <summary>Takes what was published; nothing more is.</summary>
    public IReadOnlyList<OutgoingMessage> Close()
    {
        lock (gate)
        {
            var all = messages;
            messages = null;
            return all ?? [];
        }
    }
}
