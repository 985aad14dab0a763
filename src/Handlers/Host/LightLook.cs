namespace Handlers;

/// <summary>What the lights are judged by: one moment of the process. The rules are pure functions of it, and know no transport.</summary>
/// <param name="Handlers">The handlers with their lanes.</param>
/// <param name="Failures">What ended subscriptions.</param>
/// <param name="Options">The runtime's.</param>
internal sealed record LightLook(IReadOnlyList<HandlerStatus> Handlers, IReadOnlyList<Exception> Failures, HandlersOptions Options)
{
    /// <summary>Whether every subscription is there.</summary>
    public bool HasStarted { get; init; } = true;

    /// <summary>Whether the host stops.</summary>
    public bool IsStopping { get; init; }

    /// <summary>What brokers answered, where they were asked.</summary>
    public IReadOnlyList<GroupPing> Pings { get; init; } = [];

    /// <summary>One handler of each membership: what concerns the membership is told once.</summary>
    public IEnumerable<HandlerStatus> Groups => Handlers.DistinctBy(static h => (h.Settings.Transport, h.Group));

    public IEnumerable<Trouble> NotStarted => HasStarted ? [] : [new Trouble(LightColor.Red, "starting", "The handlers have not started yet.")];

    public IEnumerable<Trouble> Ended => Failures.Select(static f => new Trouble(LightColor.Red, "ended", Why(f)));

    /// <summary>Whoever reaches a probe reads it: of what the application threw only the type. The log has the rest.</summary>
    private static string Why(Exception failure) => failure switch
    {
        HandlerFailedException failed => failed.Summary + ".",
        TransportException or HandlersConfigurationException => failure.Message,
        _ => $"A subscription has ended by an error ({failure.GetType().Name}); the log tells more.",
    };

    public IEnumerable<Trouble> BrokersAway => Pings.Where(static p => p.Error is not null)
        .Select(static p => new Trouble(LightColor.Red, "broker-away", $"The broker of group '{p.Group}' does not answer: {p.Error}"));

    public IEnumerable<Trouble> NotPolling => Groups.Where(h => h.PollAge >= Options.StuckAfter).Select(static h => new Trouble(
        LightColor.Red, "no-poll",
        $"The transport has not polled for group '{h.Group}' of handler '{h.Name}' for {h.PollAge!.Value.TotalSeconds:0} s: its lanes will be another's, or are already.")
    {
        Handler = h.Name,
        Age = h.PollAge,
    });
}
