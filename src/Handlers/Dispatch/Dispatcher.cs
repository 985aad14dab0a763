using Microsoft.Extensions.DependencyInjection;

namespace Handlers;

/// <summary>Unpacks a message and calls its handler. One per lane; calls may overlap.</summary>
internal abstract class Dispatcher
{
    /// <summary>
    /// The outcome, never an exception. The message's bytes are read before the first await only, so the batch may be cleared
    /// as soon as this has returned its task.
    /// </summary>
    public abstract ValueTask<Outcome> DispatchAsync(ref readonly Message message, CancellationToken stop);
}

/// <summary>What a dispatcher needs beside the registration.</summary>
/// <param name="Site">The lane, the handler's name, where results go.</param>
/// <param name="Scopes">Makes a scope per message, where the handler needs one.</param>
/// <param name="Singleton">The instance that serves the process, if there is one.</param>
/// <param name="TimeLimit">The longest that one call may take.</param>
/// <param name="Time">Time.</param>
internal sealed record DispatcherParts(CallSite Site, IServiceScopeFactory Scopes, object? Singleton, TimeSpan? TimeLimit, TimeProvider Time)
    : IHandlerVisitor<Dispatcher>
{
    public Dispatcher Visit<T>(HandlerRegistration<T> handler) => new Dispatcher<T>(handler, this);

    public Dispatcher Visit<T>(BatchRegistration<T> handler) => throw new NotSupportedException("Batches come next.");
}

internal sealed class Dispatcher<T>(HandlerRegistration<T> handler, DispatcherParts parts) : Dispatcher
{
    private readonly Unpack<T> unpack = handler.Unpack;
    private readonly Dispatch<T> dispatch = handler.Dispatch;
    private readonly bool plain = !handler.NeedsScope && parts.TimeLimit is null;

    public override ValueTask<Outcome> DispatchAsync(ref readonly Message message, CancellationToken stop)
    {
        T payload;
        try
        {
            payload = message.Body.IsNull ? Tombstone() : unpack(message.Body);
        }
        catch (Exception e)
        {
            return new(Outcome.Invalid(e));
        }

        if (plain) return CallAsync(payload, in message, parts.Singleton, services: null, stop);

        var kept = Keep(in message);
        return parts.TimeLimit is { } limit
            ? CallWithinAsync(limit, payload, kept, stop)
            : CallInScopeAsync(payload, kept, stop);
    }

    private T Tombstone() => handler.TakesTombstones ? default! : throw new InvalidMessageException(
        $"The body is null, and the payload of handler '{handler.Name}' is not nullable: declare {handler.PayloadType}? to handle tombstones.");

    private ValueTask<Outcome> CallAsync(T payload, ref readonly Message message, object? instance, IServiceProvider? services, CancellationToken stop)
    {
        try
        {
            var call = new HandlerCall(in message, parts.Site, instance, services, stop);
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

    /// <summary>The scope lives as long as the call, however long others wait for it.</summary>
    private async ValueTask<Outcome> CallInScopeAsync(T payload, Message message, CancellationToken stop)
    {
        if (!handler.NeedsScope) return await CallAsync(payload, in message, parts.Singleton, services: null, stop);
        try
        {
            await using var scope = parts.Scopes.CreateAsyncScope();
            var instance = handler.IsSingleton ? parts.Singleton : handler.Instance?.Invoke(scope.ServiceProvider);
            return await CallAsync(payload, in message, instance, scope.ServiceProvider, stop);
        }
        catch (Exception e)
        {
            return Outcome.Of(e, stop); // the handler's constructor, or the end of its scope
        }
    }

    /// <summary>
    /// .NET cannot stop a call that does not listen: when the limit has passed, its token has fired and the message has
    /// failed; what the call still does has no effect on the outcome.
    /// </summary>
    private async ValueTask<Outcome> CallWithinAsync(TimeSpan limit, T payload, Message message, CancellationToken stop)
    {
        var expired = new CancellationTokenSource(); // without a timer of its own: what a callback threw there would end the process
        var token = CancellationTokenSource.CreateLinkedTokenSource(expired.Token, stop);
        await using var timer = parts.Time.CreateTimer(Expire, expired, limit, Timeout.InfiniteTimeSpan);
        var call = CallInScopeAsync(payload, message, token.Token).AsTask();
        try
        {
            var outcome = await call.WaitAsync(limit + Listening, parts.Time, CancellationToken.None);
            return expired.IsCancellationRequested && !stop.IsCancellationRequested && !outcome.IsFinal ? TimedOut("and then gave up") : outcome;
        }
        catch (TimeoutException)
        {
            return TimedOut("and still runs: it does not listen to its CancellationToken");
        }
        finally
        {
            _ = LetGoAsync(call, token);
        }

        Outcome TimedOut(string how) => Outcome.Of(
            new TimeoutException($"Handler '{handler.Name}' took longer than its limit of {limit.TotalSeconds:0.###} s, {how}."), CancellationToken.None);
    }

    private static void Expire(object? expired)
    {
        try
        {
            ((CancellationTokenSource)expired!).Cancel();
        }
        catch (AggregateException)
        {
            // Callbacks on the handler's token are the user's. The outcome will say that time was over.
        }
    }

    /// <summary>The call may look at its token for as long as it runs; the lane's token remembers it no longer than that.</summary>
    private static async Task LetGoAsync(Task call, CancellationTokenSource token)
    {
        await call;
        token.Dispose();
    }

    /// <summary>How long a call may take to give up after its token has fired, before it counts as one that does not listen.</summary>
    private static readonly TimeSpan Listening = TimeSpan.FromSeconds(1);

    /// <summary>A copy that outlives the batch: the call begins in another method, maybe after an await.</summary>
    private static Message Keep(ref readonly Message message) => message with
    {
        Key = Bytes.Of(message.Key.ToNullableMemory()),
        Body = Bytes.Null, // unpacked already
    };
}
