namespace Handlers.Tool;

/// <summary>What the application refuses to start with, as far as its topology and its settings say: by the runtime's own checks.</summary>
internal static class StartCheck
{
    public static void Check(Topology topology, List<string> errors)
    {
        var handlers = topology.Running.Select(static h => new CatalogHandler(Registration(h), h.Settings)).ToList();
        HandlerCatalog.Build(handlers, handlers.Select(static h => h.Settings.Transport).ToHashSet(), errors);
    }

    /// <summary>With what the checks look at; nothing is ever called.</summary>
    private static HandlerRegistration Registration(TopologyHandler handler)
    {
        var type = handler.MessageType is { } own ? new MessageTypeMatch(own, handler.TypeFrom, handler.TypeName, static _ => -1, 0) : null;
        return handler.Batch is null
            ? new HandlerRegistration<byte[]> { Name = handler.Name, Declared = handler.Declared, PayloadType = "", MessageType = type, Unpack = static _ => [], Dispatch = static (_, in _) => default }
            : new BatchRegistration<byte[]> { Name = handler.Name, Declared = handler.Declared, PayloadType = "", MessageType = type, Unpack = static _ => [], Dispatch = static _ => default };
    }
}
