namespace Handlers;

/// <summary>Calls the handler, or the next middleware before it. Throws what it throws.</summary>
public delegate ValueTask NextStep(CancellationToken stop);

/// <summary>
/// Stands around every call of a handler: logging scopes, validation, deduplication. Made once per lane (<c>HandlersBuilder.Use</c>), so
/// a field of it is a lane's; with <see cref="Ordering.Key"/> and <see cref="Ordering.None"/> calls overlap.
/// </summary>
/// <remarks>
/// Whoever does not call <c>next</c> skips the message: it is final, and counted as skipped. What is thrown is the outcome, as if the
/// handler had thrown it; an <see cref="InvalidMessageException"/> makes the message invalid. Called again with each attempt.
/// </remarks>
public interface IHandlerMiddleware
{
    /// <summary>Called for each message, or for each list of a batch handler.</summary>
    ValueTask InvokeAsync(MiddlewareCall call, NextStep next, CancellationToken stop);
}

/// <summary>A call as a middleware sees it.</summary>
/// <param name="Context">The message; of a list the first.</param>
/// <param name="Payload">The payload; for a batch handler the list of its messages with their payloads.</param>
/// <param name="Services">The services of the call's scope; null where the handler needs none, and so has no scope.</param>
public sealed record MiddlewareCall(MessageContext Context, object? Payload, IServiceProvider? Services);

/// <summary>Makes the middleware of one lane; null: this lane has none.</summary>
/// <param name="Services">The application's services: singletons. Those of a call's scope are in <see cref="MiddlewareCall.Services"/>.</param>
/// <param name="Handler">The handler's name.</param>
/// <param name="Lane">The lane.</param>
public sealed record MiddlewareLane(IServiceProvider Services, string Handler, LaneId Lane);

/// <summary>The middlewares of one lane around one call.</summary>
internal static class MiddlewareChain
{
    /// <summary>True where the handler was called.</summary>
    public static async ValueTask<bool> InvokeAsync(IReadOnlyList<IHandlerMiddleware> chain, MiddlewareCall call, NextStep handler, CancellationToken stop)
    {
        var called = false;
        await Next(0)(stop);
        return called;

        NextStep Next(int index) => index == chain.Count
            ? token =>
            {
                called = true;
                return handler(token);
            }
        : token => chain[index].InvokeAsync(call, Next(index + 1), token);
    }
}
