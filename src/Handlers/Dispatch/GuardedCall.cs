using Microsoft.Extensions.DependencyInjection;

namespace Handlers;

/// <summary>A call with what a handler may ask for around it: a time limit, a scope, middleware. In this order from outside.</summary>
internal sealed class GuardedCall(HandlerRegistration handler, DispatcherParts parts)
{
    /// <summary>How long a call may take to give up after its token has fired, before it counts as one that does not listen.</summary>
    private static readonly TimeSpan Listening = TimeSpan.FromSeconds(1);

    /// <summary>The outcome, never an exception.</summary>
    /// <param name="describe">The call as middleware sees it.</param>
    /// <param name="call">Calls the method of an instance, with the services of a scope where there is one.</param>
    /// <param name="stop">Fires when the handler should give up.</param>
    public ValueTask<Outcome> RunAsync(Func<IServiceProvider?, MiddlewareCall> describe, Func<object?, IServiceProvider?, CancellationToken, ValueTask> call, CancellationToken stop) =>
        parts.TimeLimit is { } limit ? WithinAsync(limit, describe, call, stop) : InScopeAsync(describe, call, stop);

    /// <summary>The scope lives as long as the call, however long others wait for it.</summary>
    private async ValueTask<Outcome> InScopeAsync(Func<IServiceProvider?, MiddlewareCall> describe, Func<object?, IServiceProvider?, CancellationToken, ValueTask> call, CancellationToken stop)
    {
        try
        {
            if (!handler.NeedsScope) return await ThroughMiddlewareAsync(() => describe(null), token => call(parts.Singleton, null, token), stop);
            await using var scope = parts.Scopes.CreateAsyncScope();
            return await ThroughMiddlewareAsync(
                () => describe(scope.ServiceProvider),
                token => call(handler.IsSingleton ? parts.Singleton : handler.Instance?.Invoke(scope.ServiceProvider), scope.ServiceProvider, token),
                stop);
        }
        catch (Exception e)
        {
            return Outcome.Of(e, stop); // the handler's, its constructor's, its middleware's, or the end of its scope
        }
    }

    private async ValueTask<Outcome> ThroughMiddlewareAsync(Func<MiddlewareCall> describe, NextStep handler, CancellationToken stop)
    {
        if (parts.Middleware.Count > 0) return await MiddlewareChain.InvokeAsync(parts.Middleware, describe(), handler, stop) ? Outcome.Handled : Outcome.PassedOver;
        await handler(stop);
        return Outcome.Handled;
    }

    /// <summary>
    /// .NET cannot stop a call that does not listen: when the limit has passed, its token has fired and the message has
    /// failed; what the call still does has no effect on the outcome.
    /// </summary>
    private async ValueTask<Outcome> WithinAsync(
        TimeSpan limit, Func<IServiceProvider?, MiddlewareCall> describe, Func<object?, IServiceProvider?, CancellationToken, ValueTask> call, CancellationToken stop)
    {
        var expired = new CancellationTokenSource(); // without a timer of its own: what a callback threw there would end the process
        var token = CancellationTokenSource.CreateLinkedTokenSource(expired.Token, stop);
        await using var timer = parts.Time.CreateTimer(Expire, expired, limit, Timeout.InfiniteTimeSpan);
        var running = InScopeAsync(describe, call, token.Token).AsTask();
        try
        {
            var outcome = await running.WaitAsync(limit + Listening, parts.Time, CancellationToken.None);
            return expired.IsCancellationRequested && !stop.IsCancellationRequested && !outcome.IsFinal ? TimedOut("and then gave up") : outcome;
        }
        catch (TimeoutException)
        {
            return TimedOut("and still runs: it does not listen to its CancellationToken");
        }
        finally
        {
            _ = LetGoAsync(running, token);
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
    private static async Task LetGoAsync(Task running, CancellationTokenSource token)
    {
        await running;
        token.Dispose();
    }
}
