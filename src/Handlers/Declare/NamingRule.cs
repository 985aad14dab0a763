namespace Handlers;

/// <summary>
/// What groups and handlers are called where names are checked (<c>Handlers:CheckNames</c>, HND068): <c>service.group</c>, so that services do
/// not take each other's groups, and <c>kafka_consumer.group</c>, the rule of baseplate's consumers. At build time and at the start.
/// </summary>
/// <remarks>
/// Baseplate has one consumer in a process, and so its name is just that. Here several handlers may share a group, and names are unique:
/// what tells them apart follows after another dot.
/// </remarks>
internal static class NamingRule
{
    private const string Prefix = "kafka_consumer.";

    /// <summary>What is wrong with the group, and what to do; null where nothing is.</summary>
    public static string? WhyNotGroup(string group) => Own(group) is not null ? null
        : $"has the group '{group}', which is not named like 'service.group'. Begin it with the name of the service and a dot.";

    /// <summary>What is wrong with the handler's name, and what to do; null where nothing is, or the group is wrong itself.</summary>
    public static string? WhyNotName(string name, string group)
    {
        if (Wanted(group) is not { } wanted || name == wanted || (name.Length > wanted.Length + 1 && name.StartsWith(wanted + ".", StringComparison.Ordinal))) return null;
        return $"is not named '{wanted}', after its group '{group}'. Set Name to that, or where handlers share the group to that, a dot and a word of its own.";
    }

    /// <summary>The name that a handler of the group has; null where the group is wrong itself.</summary>
    public static string? Wanted(string group) => Own(group) is { } own ? Prefix + own : null;

    // Behind the first dot: the service's name has none, the group's own may.
    private static string? Own(string group)
    {
        var dot = group.IndexOf('.');
        return dot > 0 && dot < group.Length - 1 ? group.Substring(dot + 1) : null;
    }
}
