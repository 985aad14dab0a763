namespace Handlers;

/// <summary>Has it come up? Whoever asks remembers that it has.</summary>
internal static class StartupLight
{
    /// <summary>A group may have more processes than lanes: one that has waited for so long has come up without.</summary>
    public static readonly TimeSpan LongestWait = TimeSpan.FromSeconds(30);

    public static IEnumerable<Trouble> Of(LightLook look) =>
    [
        .. look.NotStarted,
        .. look.Ended,
        .. look.BrokersAway,
        .. look.Handlers.Where(static h => !h.HadLanes && h.WithoutLanes < LongestWait).Select(static h => new Trouble(
            LightColor.Red, "no-lanes", $"Handler '{h.Name}' waits for its first lane of {h.Topic} for {h.WithoutLanes!.Value.TotalSeconds:0} s.") { Handler = h.Name, Age = h.WithoutLanes }),
    ];
}
