using static Handlers.Tool.ChangeClass;

namespace Handlers.Tool;

/// <summary>What a change of an application does: to each handler, to what is gone and new, and to what only the whole shows.</summary>
internal static class TopologyDiff
{
    /// <summary>The changes, those that matter most first.</summary>
    public static IReadOnlyList<Change> Compare(Topology before, Topology after)
    {
        var pairs = HandlerPairs.Of(before, after);
        var changes = pairs.Both.SelectMany(p => DiffRules.Compare(p.Old, p.New).Concat(SchemaRules.Compare(p.Old, before.Schemas, p.New, after.Schemas)))
            .Concat(pairs.Gone.Select(h => Gone(h, after)))
            .Concat(pairs.Added.Select(h => new Change(Harmless, "handler-added", h.Name, null, Reads(h), "it needs the right to read there, and its group a position")))
            .Concat(RetryTopics(before, after))
            .Concat(Topics(before, after));
        return [.. changes.OrderByDescending(c => c.Class)];
    }

    private static Change Gone(TopologyHandler handler, Topology after)
    {
        var how = after.Handlers.Any(h => h.Name == handler.Name && !h.IsEnabled) ? "disabled" : null;
        return handler.MessageType is { } type && after.Running.Any(h => h.Subscription() with { Type = null } == handler.Subscription() with { Type = null })
            ? new Change(Breaking, "type-dropped", handler.Name, type, how, "messages of this type are of no known type now: by default they are passed over without a word")
            : new Change(Breaking, "handler-removed", handler.Name, Reads(handler), how, "what comes to that topic is read by nobody as that group");
    }

    // A message that waits in a retry topic is read only by the group that has a topic of that name.
    private static IEnumerable<Change> RetryTopics(Topology before, Topology after)
    {
        var now = after.Running.SelectMany(h => h.RetryTopics.Select(t => (h.Settings.Transport, t))).ToHashSet();
        return before.Running.SelectMany(h => h.RetryTopics.Select(t => (Handler: h, Topic: t)))
            .Where(r => !now.Contains((r.Handler.Settings.Transport, r.Topic)))
            .Select(r => new Change(Breaking, "retry-topic-dropped", r.Handler.Name, r.Topic, null, "messages that wait in it are read by nobody"));
    }

    private static IEnumerable<Change> Topics(Topology before, Topology after)
    {
        var old = TopicUse.Of(before).Select(t => (t.Transport, t.Name)).ToHashSet();
        return TopicUse.Of(after).Where(t => !old.Contains((t.Transport, t.Name)))
            .Select(t => new Change(Harmless, "topic-added", string.Join(", ", t.ReadBy.Concat(t.WrittenBy).Distinct()), null, t.Name, $"it must be there, with the right to {Rights(t)}"));
    }

    private static string Rights(TopicUse topic) => (topic.ReadBy.Count > 0, topic.WrittenBy.Count > 0) switch { (true, true) => "read and to write it", (true, false) => "read it", _ => "write it" };

    private static string Reads(TopologyHandler handler) => $"{handler.Settings.Topic} as {handler.Settings.Group}";
}
