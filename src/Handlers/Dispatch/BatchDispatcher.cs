namespace Handlers;

/// <summary>One call for a list of messages. What cannot be unpacked is left out of the list, and invalid.</summary>
internal sealed class BatchDispatcher<T>(BatchRegistration<T> handler, DispatcherParts parts) : Dispatcher(parts.Telemetry)
{
    private readonly GuardedCall guarded = new(handler, parts);

    protected override async ValueTask<Outcome[]> UnpackAndCallAsync(IReadOnlyList<Message> messages, CancellationToken stop)
    {
        var outcomes = new Outcome[messages.Count];
        var list = new List<Message<T>>(messages.Count);
        var indices = new List<int>(messages.Count);
        for (var i = 0; i < messages.Count; i++)
        {
            var message = messages[i];
            try
            {
                list.Add(new Message<T>(message.Body.IsNull ? Tombstones.Of<T>(handler) : handler.Unpack(message.Body), parts.Site.Context(in message)));
                indices.Add(i);
            }
            catch (Exception e)
            {
                outcomes[i] = Outcome.Invalid(e);
            }
        }

        if (list.Count == 0) return outcomes;
        var context = new BatchContext(parts.Site.Handler, parts.Site.Group, parts.Site.Lane, list.Count);
        var outcome = await guarded.RunAsync(
            services => new MiddlewareCall(list[0].Context, list, services),
            (instance, services, token) => handler.Dispatch(new BatchCall<T>(list, context, instance, services, token)), stop);
        for (var i = 0; i < list.Count; i++)
            outcomes[indices[i]] = outcome.Kind == OutcomeKind.Handled && context.Failure(i) is { } failure ? Outcome.Of(failure, CancellationToken.None) : outcome;
        return outcomes;
    }

    protected override ValueTask<Outcome> UnpackAndCallAsync(ref readonly Message message, CancellationToken stop) =>
        throw new InvalidOperationException($"Handler '{handler.Name}' takes lists of messages.");
}
