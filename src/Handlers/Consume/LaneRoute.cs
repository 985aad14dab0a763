namespace Handlers;

/// <summary>Which handler takes a message of one lane, and what holds for all of them.</summary>
/// <param name="Topic">The topic with its handlers.</param>
/// <param name="Group">The group.</param>
/// <param name="Handlers">The handlers of the lane, in the topic's order.</param>
/// <param name="Queue">The workers of the topic.</param>
/// <param name="Pause">Whether the lane may begin messages.</param>
/// <param name="Reads">What is told of the lane's reads.</param>
internal sealed record LaneRoute(GroupTopic Topic, string Group, IReadOnlyList<LaneHandler> Handlers, WorkQueue Queue, LanePause Pause, ReadTelemetry Reads)
{
    private readonly LaneHandler? single = Topic.Types is null ? Handlers[0] : null;

    public HandlerSettings Settings => Topic.Settings;

    /// <summary>The lane's handlers, for people.</summary>
    public string Name => Topic.Names;

    public HandlerCounts Counts => Handlers.Aggregate(default(HandlerCounts), static (sum, h) => sum + h.Counts.Snapshot);

    /// <summary>
    /// The handler that takes the message; where none does, the first of them answers for it, with an outcome that is not default.
    /// </summary>
    public LaneHandler For(ref readonly Message message, out Outcome refused)
    {
        refused = default;
        return single ?? ByType(in message, out refused);
    }

    /// <summary>Which of the lane's handlers it is.</summary>
    public int IndexOf(LaneHandler handler)
    {
        for (var i = 0; i < Handlers.Count; i++)
            if (ReferenceEquals(Handlers[i], handler)) return i;
        return -1;
    }

    private LaneHandler ByType(ref readonly Message message, out Outcome refused)
    {
        refused = default;
        LaneHandler handler;
        try
        {
            var index = Topic.Types!.IndexOf(in message);
            if (index < 0) refused = Outcome.Unmatched();
            handler = Handlers[Math.Max(index, 0)];
        }
        catch (Exception e)
        {
            refused = Outcome.Invalid(e);
            handler = Handlers[0];
        }

        handler.Counts.Received(1);
        return handler;
    }

    /// <summary>A batch was read. Of typed messages each is counted when its handler is known.</summary>
    public void Received(int messages)
    {
        single?.Counts.Received(messages);
        for (var i = 0; i < Handlers.Count; i++) Handlers[i].Calls.Look(messages); // an enumerator would be garbage
    }
}
