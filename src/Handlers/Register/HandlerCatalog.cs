namespace Handlers;

/// <summary>A handler with the settings that count: declared, overridden, mapped, defaulted.</summary>
internal sealed class CatalogHandler(HandlerRegistration registration, HandlerSettings settings)
{
    private readonly Lock gate = new();
    private readonly Dictionary<object, (string Topic, Func<HandlerCounts> Counts)> lanes = []; // guarded by gate: of lanes that run
    private readonly Dictionary<string, HandlerCounts> ended = [];                              // guarded by gate: of lanes that have ended, by their topic
    private long late;                                                                          // guarded by gate

    public HandlerRegistration Registration { get; } = registration;

    /// <summary>Group is never null here.</summary>
    public HandlerSettings Settings { get; } = settings;

    /// <summary>Its last failures, of all its lanes and of those that have ended.</summary>
    public LastFailures Failures { get; } = new();

    /// <summary>The instance that serves the process. Set once, at start, before any lane.</summary>
    public object? Singleton { get; set; }

    /// <summary>What became of its messages so far: a lane counts once, whether it runs or has ended.</summary>
    public HandlerCounts Counts
    {
        get
        {
            lock (gate) return lanes.Values.Select(static lane => lane.Counts()).Concat(ended.Values).Aggregate(default(HandlerCounts) with { Late = late }, static (sum, some) => sum + some);
        }
    }

    /// <summary>The same by the topic of its lanes: its own, its retry topics, or those that its pattern matches. Without outcomes that were late.</summary>
    public IReadOnlyList<KeyValuePair<string, HandlerCounts>> CountsByTopic
    {
        get
        {
            lock (gate)
            {
                var counts = new Dictionary<string, HandlerCounts>(ended);
                foreach (var lane in lanes.Values) counts[lane.Topic] = counts.GetValueOrDefault(lane.Topic) + lane.Counts();
                return [.. counts];
            }
        }
    }

    public void LaneBegan(object lane, string topic, Func<HandlerCounts> counts)
    {
        lock (gate) lanes.Add(lane, (topic, counts));
    }

    public void LaneEnded(object lane)
    {
        lock (gate)
        {
            if (lanes.Remove(lane, out var was)) ended[was.Topic] = ended.GetValueOrDefault(was.Topic) + was.Counts();
        }
    }

    /// <summary>An outcome came when its lane had ended.</summary>
    public void OutcomeWasLate()
    {
        lock (gate) late++;
    }
}

/// <summary>The handlers that share one membership: one transport, one group.</summary>
internal sealed record GroupHandlers(string Transport, string Group, IReadOnlyList<CatalogHandler> Handlers)
{
    /// <summary>What they read: the topics that they declare, and their retry topics.</summary>
    public IReadOnlyList<GroupTopic> Topics { get; } = GroupTopic.Of(Group, Handlers);

    /// <summary>Whether one of them has transactions.</summary>
    public bool IsTransactional => Topics.Any(static t => t.IsTransactional);
}

/// <summary>Every handler of the process. Made and checked at start; immutable after.</summary>
internal sealed class HandlerCatalog
{
    private HandlerCatalog(IReadOnlyList<GroupHandlers> groups) => Groups = groups;

    public IReadOnlyList<GroupHandlers> Groups { get; }

    public IEnumerable<CatalogHandler> Handlers => Groups.SelectMany(g => g.Handlers);

    /// <summary>The catalog, or every error that there is.</summary>
    public static HandlerCatalog Build(IReadOnlyList<CatalogHandler> handlers, IReadOnlyCollection<string> transports, List<string> errors)
    {
        foreach (var twins in handlers.GroupBy(h => h.Registration.Name, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
            errors.Add($"{twins.Count()} handlers are named '{twins.Key}'. Names are unique, as configuration and metrics go by them: give one a Name in its [StreamHandler].");

        foreach (var handler in handlers)
        {
            if (string.IsNullOrWhiteSpace(handler.Settings.Topic))
                errors.Add($"Handler '{handler.Registration.Name}' has an empty topic. Name one in [StreamHandler(\"...\")] or in Handlers:{handler.Registration.Name}:Topic.");
            else if (handler.Settings.Topic.Concat(handler.Settings.PublishTo ?? "").Any(char.IsControl))
                errors.Add($"Handler '{handler.Registration.Name}' names a topic with a control character (a tab, a line break). Check [StreamHandler], [PublishTo] and Handlers:Topics.");
            if (TopicPattern.IsPattern(handler.Settings.Topic) && TopicPattern.WhyNot(handler.Settings.Topic) is { } why)
                errors.Add($"Handler '{handler.Registration.Name}' reads the topics that '{handler.Settings.Topic}' matches, which is no regular expression ({why}). Write one, or a topic's name.");
            if (!transports.Contains(handler.Settings.Transport)) errors.Add(NoTransport(handler, transports));
        }

        foreach (var rivals in handlers.GroupBy(h => (h.Settings.Transport, h.Settings.Topic, h.Settings.Group)).Where(g => g.Count() > 1))
            TypedHandlersCheck.Check([.. rivals], errors);
        foreach (var handler in handlers) DeliveryCheck.Check(handler, errors);

        List<GroupHandlers> groups = [.. handlers
            .GroupBy(h => (h.Settings.Transport, Group: h.Settings.Group!))
            .Select(g => new GroupHandlers(g.Key.Transport, g.Key.Group, [.. g]))];
        foreach (var (group, twice) in groups.SelectMany(g => g.Topics.GroupBy(t => t.Name).Where(t => t.Count() > 1).Select(t => (g.Group, t))))
            errors.Add($"Topic '{twice.Key}' is a retry topic of group '{group}', and handlers {string.Join(" and ", twice.Select(t => $"'{t.Names}'"))} would read it in the same group. Give the one that declares it a Group of its own.");
        return new(groups);
    }

    private static string NoTransport(CatalogHandler handler, IReadOnlyCollection<string> transports)
    {
        var name = handler.Settings.Transport;
        if (transports.Count == 0)
            return $"Handler '{handler.Registration.Name}' has no transport to read from. Choose one: services.AddStreamHandlers().UseEmbedded(\"./data\"), for example.";
        return $"Handler '{handler.Registration.Name}' names transport '{name}', which was not added. " +
            $"There {(transports.Count == 1 ? "is" : "are")} {string.Join(", ", transports.Select(t => $"'{t}'"))}.";
    }
}
