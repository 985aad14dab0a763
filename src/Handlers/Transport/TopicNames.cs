namespace Handlers;

/// <summary>
/// The names and patterns that one subscription asks for, and which of them stands for a topic: its name before any pattern. So a handler of a
/// pattern and one of a single topic may share a group.
/// </summary>
/// <param name="names">Names of topics and patterns.</param>
public sealed class TopicNames(IEnumerable<string> names)
{
    private readonly HashSet<string> exact = names.Where(static n => !TopicPattern.IsPattern(n)).ToHashSet(StringComparer.Ordinal);
    private readonly List<(string Name, TopicPattern Pattern)> patterns = [.. names.Where(TopicPattern.IsPattern).Select(static n => (n, new TopicPattern(n)))];

    /// <summary>Whether there are patterns among them.</summary>
    public bool HavePatterns => patterns.Count > 0;

    /// <summary>The name or pattern that stands for a topic; null where none does.</summary>
    /// <exception cref="TransportException">Several patterns match the topic, so that nobody knows whose it is.</exception>
    public string? Of(string topic)
    {
        if (exact.Contains(topic)) return topic;
        if (patterns.Count == 0) return null;
        var matching = patterns.Where(p => p.Pattern.Matches(topic)).Select(static p => p.Name).ToList();
        return matching.Count <= 1 ? matching.FirstOrDefault() : throw new TransportException(
            $"Topic '{topic}' is matched by several patterns of one group: {string.Join(" and ", matching.Select(static n => $"'{n}'"))}. Narrow one of them, or give its handler a Group of its own.");
    }
}
