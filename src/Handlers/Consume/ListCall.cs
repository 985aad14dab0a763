namespace Handlers;

/// <summary>One list of messages on its way through calls, calls again and failure. Nobody shares it.</summary>
internal sealed class ListCall(LaneHandler handler, IReadOnlyList<Message> messages, StopPlan stop)
{
    private readonly Outcome[] outcomes = new Outcome[messages.Count];
    private readonly int[] calls = new int[messages.Count];
    private int[] failed = [.. Enumerable.Range(0, messages.Count)]; // those that the next call is made with: each by its own exception

    /// <summary>The settled outcome of each message.</summary>
    public async ValueTask<Outcome[]> RunAsync(ISlot? slot)
    {
        var first = await CallAsync();
        if (first.Kind == OutcomeKind.Failed)
        {
            var (made, last) = await handler.Failure.RetryAsync(first, messages[failed[0]].Position, CallAsync, slot, stop.Intake);
            if (made > 1) handler.Counts.Retried(made - 1);
            if (last.Kind == OutcomeKind.None)
                foreach (var i in failed) outcomes[i] = default; // a stop cut it short: they come again
        }

        var place = outcomes.Any(handler.Failure.Publishes) ? slot : null; // the broker's time is not the handler's
        place?.Leave();
        try
        {
            return await Task.WhenAll(outcomes.Select((outcome, i) => SettleAsync(outcome, outcome.IsInvalid ? 0 : calls[i], messages[i])));
        }
        finally
        {
            if (place is not null) await place.EnterAsync(stop.Intake);
        }
    }

    private async Task<Outcome> SettleAsync(Outcome outcome, int calls, Message message) => handler.Failure.Publishes(outcome)
        ? await handler.Failure.PublishAsync(outcome, calls, message, stop.Intake, stop.Handlers)
        : handler.Failure.Settle(outcome);

    /// <summary>Calls with what may be tried again. Returns the first failure of those; handled, or none, where there is no other.</summary>
    private async ValueTask<Outcome> CallAsync()
    {
        var result = await handler.Dispatcher.DispatchAsync([.. failed.Select(i => messages[i])], stop.Handlers);
        if (result.Count(static o => o.Kind == OutcomeKind.Failed) is > 0 and var failures) handler.Counts.FailedCalls(failures);
        for (var i = 0; i < result.Length; i++)
        {
            outcomes[failed[i]] = result[i];
            calls[failed[i]]++;
        }

        var none = failed.FirstOrDefault(i => outcomes[i].Kind == OutcomeKind.None, -1);
        failed = [.. failed.Where(i => handler.Failure.Retries(outcomes[i]))];
        return failed.Length > 0 ? outcomes[failed[0]] : none >= 0 ? default : Outcome.Handled;
    }
}
