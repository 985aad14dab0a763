namespace Handlers;

/// <summary>Whether handlers may share a topic and a group: they differ by message type, and agree in what belongs to the group.</summary>
internal static class TypedHandlersCheck
{
    private static readonly (string Name, Func<CatalogHandler, object?> Of)[] Shared =
    [
        (nameof(HandlerSettings.Ordering), h => h.Settings.Ordering),
        (nameof(HandlerSettings.Commit), h => h.Settings.Commit),
        (nameof(HandlerSettings.Concurrency), h => h.Settings.Concurrency),
        (nameof(HandlerSettings.OnUnmatched), h => h.Settings.OnUnmatched),
        (nameof(HandlerSettings.Start), h => h.Settings.Start),
        (nameof(HandlerSettings.StartAt), h => h.Settings.StartAt),
        ("the topic of dead letters for unknown types", h => h.Settings.OnUnmatched == UnmatchedType.DeadLetter ? h.Settings.DeadLetter : null),
        (nameof(StreamHandlerAttribute.TypeFrom), h => h.Registration.MessageType!.Source),
        (nameof(StreamHandlerAttribute.TypeName), h => h.Registration.MessageType!.Name),
    ];

    public static void Check(IReadOnlyList<CatalogHandler> handlers, List<string> errors)
    {
        var names = string.Join(" and ", handlers.Select(h => $"'{h.Registration.Name}'"));
        var where = $"topic '{handlers[0].Settings.Topic}' and group '{handlers[0].Settings.Group}'";
        if (handlers.Any(h => h.Registration.MessageType is null))
        {
            errors.Add($"Handlers {names} share {where}: each message would reach only one of them. Give each a Group of its own, or, where they differ by type, each a MessageType.");
            return;
        }

        foreach (var twins in handlers.GroupBy(h => h.Registration.MessageType!.Type, StringComparer.Ordinal).Where(g => g.Count() > 1))
            errors.Add($"Handlers {string.Join(" and ", twins.Select(h => $"'{h.Registration.Name}'"))} share {where} and the message type '{twins.Key}': each message would reach only one of them.");
        foreach (var (name, of) in Shared.Where(s => handlers.Any(h => !Equals(s.Of(h), s.Of(handlers[0])))))
            errors.Add($"Handlers {names} share {where} and disagree on {name}, which belongs to both together: {string.Join(", ", handlers.Select(h => $"'{h.Registration.Name}' has {of(h) ?? "none"}"))}. Give them the same, or a Group of their own.");
    }
}
