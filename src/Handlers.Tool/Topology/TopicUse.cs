namespace Handlers.Tool;

/// <summary>What a topic is to the application.</summary>
internal enum TopicRole
{
    Source,
    Retry,
    DeadLetter,
    Output,
}

internal static class TopicRoles
{
    public static string ToText(this TopicRole role) => role switch
    {
        TopicRole.Source => "source",
        TopicRole.Retry => "retry",
        TopicRole.DeadLetter => "deadLetter",
        _ => "output",
    };
}

/// <summary>One topic of the application, and which of its handlers read and write it.</summary>
internal sealed record TopicUse(string Transport, string Name, IReadOnlyList<TopicRole> Roles, IReadOnlyList<string> ReadBy, IReadOnlyList<string> WrittenBy)
{
    public bool IsPattern => TopicPattern.IsPattern(Name);

    /// <summary>By transport and name.</summary>
    public static IReadOnlyList<TopicUse> Of(Topology topology)
    {
        var uses = topology.Running.SelectMany(handler => Uses(handler).Select(use => (Key: (handler.Settings.Transport, use.Topic), use.Role, use.Reads, use.Writes, handler.Name)));
        return
        [
            .. uses.GroupBy(u => u.Key)
                .OrderBy(g => g.Key.Transport, StringComparer.Ordinal).ThenBy(g => g.Key.Topic, StringComparer.Ordinal)
                .Select(g => new TopicUse(g.Key.Transport, g.Key.Topic, [.. g.Select(u => u.Role).Distinct().Order()], Names(g.Where(u => u.Reads).Select(u => u.Name)), Names(g.Where(u => u.Writes).Select(u => u.Name)))),
        ];
    }

    private static IReadOnlyList<string> Names(IEnumerable<string> names) => [.. names.Distinct().Order(StringComparer.Ordinal)];

    private static IEnumerable<(string Topic, TopicRole Role, bool Reads, bool Writes)> Uses(TopologyHandler handler)
    {
        yield return (handler.Settings.Topic, TopicRole.Source, true, false);
        foreach (var retry in handler.RetryTopics) yield return (retry, TopicRole.Retry, true, true);
        if (handler.Settings.DeadLetter is { } dead) yield return (dead, TopicRole.DeadLetter, false, true);
        if (handler.Settings.PublishTo is { } output) yield return (output, TopicRole.Output, false, true);
    }
}
