using Microsoft.Extensions.DependencyInjection;

namespace Handlers;

/// <summary>Unpacks messages and calls their handler. One per lane; calls may overlap.</summary>
/// <param name="telemetry">Hears of calls while somebody listens.</param>
internal abstract class Dispatcher(CallTelemetry telemetry)
{
    /// <summary>
    /// The outcome, never an exception. The message's bytes are read before the first await only, so the batch may be cleared
    /// as soon as this has returned its task.
    /// </summary>
    public ValueTask<Outcome> DispatchAsync(ref readonly Message message, CancellationToken stop) =>
        telemetry.Begins(in message) ? ObserveAsync(in message, stop) : UnpackAndCallAsync(in message, stop);

    /// <summary>One call for several messages, whose bytes are kept: an outcome for each.</summary>
    public ValueTask<Outcome[]> DispatchAsync(IReadOnlyList<Message> messages, CancellationToken stop) =>
        telemetry.Begins() ? ObserveAsync(messages, stop) : UnpackAndCallAsync(messages, stop);

    protected abstract ValueTask<Outcome> UnpackAndCallAsync(ref readonly Message message, CancellationToken stop);

    protected abstract ValueTask<Outcome[]> UnpackAndCallAsync(IReadOnlyList<Message> messages, CancellationToken stop);

    private ValueTask<Outcome> ObserveAsync(ref readonly Message message, CancellationToken stop)
    {
        if (!telemetry.TryBegin(in message, out var call)) return UnpackAndCallAsync(in message, stop);
        var calling = UnpackAndCallAsync(in message, stop);
        if (calling.IsCompletedSuccessfully) return new(Ended(in call, calling.Result));
        call.Leave();
        return AwaitAsync(call, calling);
    }

    private async ValueTask<Outcome> AwaitAsync(Call call, ValueTask<Outcome> calling) => Ended(in call, await calling);

    private async ValueTask<Outcome[]> ObserveAsync(IReadOnlyList<Message> messages, CancellationToken stop)
    {
        if (!telemetry.TryBegin(messages, out var call)) return await UnpackAndCallAsync(messages, stop);
        var outcomes = await UnpackAndCallAsync(messages, stop);
        for (var i = 0; i < outcomes.Length; i++)
            if (outcomes[i].Kind == OutcomeKind.Handled) telemetry.Handled(messages[i], in call);
        var said = outcomes.FirstOrDefault(static o => o.Kind == OutcomeKind.Failed, outcomes.Any(static o => o.Kind == OutcomeKind.None) ? default : outcomes[0]);
        telemetry.End(in call, Word(said), said.Exception, said.Exception is null ? "" : said.Reason, outcomes.Count(static o => o.IsFinal));
        return outcomes;
    }

    private Outcome Ended(in Call call, Outcome outcome)
    {
        telemetry.End(in call, Word(outcome), outcome.Exception, outcome.Exception is null ? "" : outcome.Reason, outcome.IsFinal ? 1 : 0);
        return outcome;
    }

    /// <summary>What a call came to, for spans: the policy may still make something else of its message.</summary>
    private static string Word(Outcome outcome) => outcome.Kind switch
    {
        OutcomeKind.Handled => "handled",
        OutcomeKind.None => Call.CutShort,
        OutcomeKind.Failed => outcome.IsInvalid ? "invalid" : "failed",
        _ => "skipped",
    };
}

/// <summary>What a dispatcher needs beside the registration.</summary>
/// <param name="Site">The lane, the handler's name, where results go.</param>
/// <param name="Scopes">Makes a scope per message, where the handler needs one.</param>
/// <param name="Singleton">The instance that serves the process, if there is one.</param>
/// <param name="TimeLimit">The longest that one call may take.</param>
/// <param name="Time">Time.</param>
/// <param name="Middleware">What stands around each call of this lane.</param>
/// <param name="TakesCloudEvents">Whether the payload may be inside of an envelope.</param>
/// <param name="Telemetry">Hears of calls.</param>
internal sealed record DispatcherParts(
    CallSite Site, IServiceScopeFactory Scopes, object? Singleton, TimeSpan? TimeLimit, TimeProvider Time, IReadOnlyList<IHandlerMiddleware> Middleware, bool TakesCloudEvents,
    CallTelemetry Telemetry)
    : IHandlerVisitor<Dispatcher>
{
    public Dispatcher Visit<T>(HandlerRegistration<T> handler) => new Dispatcher<T>(handler, this);

    public Dispatcher Visit<T>(BatchRegistration<T> handler) => new BatchDispatcher<T>(handler, this);
}

internal sealed class Dispatcher<T>(HandlerRegistration<T> handler, DispatcherParts parts) : Dispatcher(parts.Telemetry)
{
    private readonly Unpack<T> unpack = handler.Unpack;
    private readonly Dispatch<T> dispatch = handler.Dispatch;
    private readonly bool plain = !handler.NeedsScope && parts.TimeLimit is null && parts.Middleware.Count == 0;
    private readonly GuardedCall guarded = new(handler, parts);

    // Not where the call has an end of its own, before the method's (a time limit's, a middleware's), nor where its results, which may be the body, wait for a commit.
    private readonly BodyBuffer? buffer = BodyBuffer.Serves(typeof(T)) && !parts.Site.IsTransactional && parts.TimeLimit is null && parts.Middleware.Count == 0 ? new() : null;

    protected override ValueTask<Outcome> UnpackAndCallAsync(ref readonly Message message, CancellationToken stop)
    {
        T payload;
        try
        {
            var body = parts.TakesCloudEvents ? CloudEvent.Data(in message) : message.Body;
            payload = body.IsNull ? Tombstones.Of<T>(handler) : unpack(buffer is null ? body : buffer.Of(body));
        }
        catch (Exception e)
        {
            return new(Outcome.Invalid(e));
        }

        if (parts.Site.IsTransactional) return CallAndGatherAsync(payload, Keep(in message), stop);
        return plain ? CallAsync(payload, in message, stop) : CallGuardedAsync(payload, Keep(in message), stop);
    }

    /// <summary>With an outbox of its own for each call: what one publishes that fails, or does not end in time, is in no transaction.</summary>
    private async ValueTask<Outcome> CallAndGatherAsync(T payload, Message message, CancellationToken stop)
    {
        var outbox = new Outbox();
        var outcome = await (plain ? CallAsync(payload, in message, stop, outbox) : CallGuardedAsync(payload, message, stop, outbox));
        var outputs = outbox.Close();
        return outcome.Kind == OutcomeKind.Handled ? outcome.With(outputs) : outcome;
    }

    protected override ValueTask<Outcome[]> UnpackAndCallAsync(IReadOnlyList<Message> messages, CancellationToken stop) =>
        throw new InvalidOperationException($"Handler '{handler.Name}' takes single messages.");

    private ValueTask<Outcome> CallAsync(T payload, ref readonly Message message, CancellationToken stop, Outbox? outbox = null)
    {
        try
        {
            var call = new HandlerCall(in message, parts.Site, parts.Singleton, services: null, stop, outbox);
            var task = dispatch(payload, in call);
            if (!task.IsCompletedSuccessfully) return AwaitAsync(task, stop);
            task.GetAwaiter().GetResult();
            return new(Outcome.Handled);
        }
        catch (Exception e)
        {
            return new(Outcome.Of(e, stop));
        }
    }

    private static async ValueTask<Outcome> AwaitAsync(ValueTask task, CancellationToken stop)
    {
        try
        {
            await task;
            return Outcome.Handled;
        }
        catch (Exception e)
        {
            return Outcome.Of(e, stop);
        }
    }

    private ValueTask<Outcome> CallGuardedAsync(T payload, Message message, CancellationToken stop, Outbox? outbox = null) => guarded.RunAsync(
        services => new MiddlewareCall(parts.Site.Context(in message), payload, services),
        (instance, services, token) => dispatch(payload, new HandlerCall(in message, parts.Site, instance, services, token, outbox)), stop);

    /// <summary>A copy that outlives the batch: the call begins in another method, maybe after an await.</summary>
    private static Message Keep(ref readonly Message message) => message with
    {
        Key = Bytes.Of(message.Key.ToNullableMemory()),
        Body = Bytes.Null, // unpacked already
    };
}

internal static class Tombstones
{
    /// <summary>The payload of a null body.</summary>
    public static T Of<T>(HandlerRegistration handler) => handler.TakesTombstones ? default! : throw new InvalidMessageException(
        $"The body is null, and the payload of handler '{handler.Name}' is not nullable: declare {handler.PayloadType}? to handle tombstones.");
}
