namespace Handlers;

/// <summary>Would a restart help? A broker that is away is never a reason: a restart does not bring it back.</summary>
internal static class LiveLight
{
    /// <summary>The lanes are looked at once a second; where that waits for so long, so does everything else.</summary>
    private static readonly TimeSpan LongestWatch = TimeSpan.FromSeconds(10);

    /// <summary>So many times what is too long: a handler that is slow comes to its end without a restart.</summary>
    private const int MuchTooLong = 10;

    public static IEnumerable<Trouble> Of(LightLook look) =>
    [
        // Where one that ends stops the host, that is on its way already, and is not to be killed while it drains.
        .. look.Options.OnSubscriptionFailure == SubscriptionFailure.KeepOthers ? look.Ended : [],
        .. look.NotPolling,
        .. look.Groups.Where(static h => h.WatchAge >= LongestWatch).Select(static h => new Trouble(
            LightColor.Red, "no-threads",
            $"The lanes of group '{h.Group}' have not been looked at for {h.WatchAge.TotalSeconds:0} s: the process has no thread to spare.") { Handler = h.Name, Age = h.WatchAge }),
        .. ReadyLight.Lanes(look, lane => lane.Hung(MuchTooLong)),
    ];
}
