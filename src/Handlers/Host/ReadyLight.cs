namespace Handlers;

/// <summary>Is it consuming? What holds messages up is red; what somebody should look at, while messages go on or are not to, is yellow.</summary>
internal static class ReadyLight
{
    public static IEnumerable<Trouble> Of(LightLook look) =>
    [
        .. look.NotStarted,
        .. look.IsStopping ? (Trouble[])[new Trouble(LightColor.Red, "stopping", "The host is stopping.")] : [],
        .. look.BrokersAway,
        .. Stuck(look),
        .. Attention(look),
    ];

    /// <summary>What this process knows by itself of messages that do not go on.</summary>
    public static IEnumerable<Trouble> Stuck(LightLook look) =>
    [
        .. look.Ended,
        .. look.Groups.Where(h => h.CommitAge >= look.Options.StuckAfter).Select(static h => new Trouble(
            LightColor.Red, "commit-stuck", $"A commit of group '{h.Group}' is under way for {h.CommitAge.TotalSeconds:0} s.") { Handler = h.Name, Age = h.CommitAge }),
        .. look.NotPolling,
        .. Lanes(look, static lane => lane.CannotPublish() ?? lane.Hung() ?? lane.Starved() ?? lane.Slow()),
    ];

    /// <summary>
    /// What is said of each lane, the cause before what follows from it, and the oldest first. Handlers that share lanes by type share what is said, unless it is
    /// one handler's.
    /// </summary>
    public static IEnumerable<Trouble> Lanes(LightLook look, Func<LaneRule, Trouble?> rule) => look.Handlers
        .GroupBy(static h => (h.Settings.Transport, h.Group))
        .SelectMany(group => group.SelectMany(h => h.Lanes.Select(l => rule(new LaneRule(h, l, look.Options.StuckAfter)))).OfType<Trouble>().DistinctBy(static t => (t.Kind, t.Lane, t.Position)))
        .OrderBy(static t => t.Kind == "starved").ThenByDescending(static t => t.Age);

    private static IEnumerable<Trouble> Attention(LightLook look) =>
    [
        .. look.Handlers.Where(h => h.WithoutLanes >= look.Options.StuckAfter).Select(static h => new Trouble(
            LightColor.Yellow, "no-lanes", $"Handler '{h.Name}' has had no lane of {h.Topic} in this process for {h.WithoutLanes!.Value.TotalSeconds:0} s.") { Handler = h.Name, Age = h.WithoutLanes }),
        .. look.Handlers.Select(static h => Paused(h, PauseReasons.Asked, "paused", "as somebody asked for")).OfType<Trouble>(),
        .. look.Handlers.Select(static h => Paused(h, PauseReasons.CircuitBreaker, "circuit-open", $"as its circuit breaker '{h.Settings.CircuitBreaker}' is open")).OfType<Trouble>(),
        .. look.Groups.Where(static h => h.CommitFailures > 0).Select(static h => new Trouble(
            LightColor.Yellow, "commit-failing", $"A commit of group '{h.Group}' has failed {h.CommitFailures} times in a row, and is tried again.") { Handler = h.Name, Age = h.CommitAge }),
    ];

    private static Trouble? Paused(HandlerStatus handler, PauseReasons reason, string kind, string why)
    {
        var paused = handler.Lanes.Count(l => l.Paused.HasFlag(reason));
        return paused == 0 ? null : new Trouble(LightColor.Yellow, kind, $"Handler '{handler.Name}' is paused in {paused} of its {handler.Lanes.Count} lanes, {why}.") { Handler = handler.Name };
    }
}
