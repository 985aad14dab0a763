namespace Handlers.Tool;

/// <summary>Handlers of two topologies that are the same one: by what they read and as whom, for it is positions that a change may lose; else by name, else by method.</summary>
internal sealed record HandlerPairs(IReadOnlyList<(TopologyHandler Old, TopologyHandler New)> Both, IReadOnlyList<TopologyHandler> Gone, IReadOnlyList<TopologyHandler> Added)
{
    public static HandlerPairs Of(Topology before, Topology after)
    {
        var (gone, added) = (before.Running.ToList(), after.Running.ToList());
        var both = new List<(TopologyHandler, TopologyHandler)>();
        Match(h => (h.Subscription(), h.Name));
        Match(h => h.Subscription());
        Match(h => h.Name);
        Match(h => h.Method);
        return new([.. both.OrderBy(p => p.Item2.Name, StringComparer.Ordinal)], gone, added);

        void Match(Func<TopologyHandler, object> by)
        {
            foreach (var old in gone.ToList())
            {
                if (added.Find(h => by(h).Equals(by(old))) is not { } found) continue;
                both.Add((old, found));
                gone.Remove(old);
                added.Remove(found);
            }
        }
    }
}

internal static class Subscriptions
{
    /// <summary>What it reads and as whom: whoever has the same reads the same messages from the same position.</summary>
    public static (string Transport, string Topic, string? Group, string? Type) Subscription(this TopologyHandler handler) =>
        (handler.Settings.Transport, handler.Settings.Topic, handler.Settings.Group, handler.MessageType);
}
