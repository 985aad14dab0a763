using Handlers;

namespace QuickStart;

/// <summary>Draws events, several at once. It cannot draw all of them: what it cannot goes to the dead letters, for the page to show.</summary>
public static class Map
{
    [StreamHandler("earthquakes", Group = "map", Ordering = Ordering.Key, Concurrency = 8)]
    [DeadLetter("earthquakes.undrawn")]
    public static async Task OnEarthquake(Earthquake quake, CancellationToken stop)
    {
        if (quake.Properties.Mag < 0) throw new NotSupportedException("A magnitude below zero has no radius to draw.");
        await Task.Delay(TimeSpan.FromMilliseconds(1 + Math.Max(0, quake.Properties.Mag ?? 0)), stop); // the stronger, the longer
    }
}
