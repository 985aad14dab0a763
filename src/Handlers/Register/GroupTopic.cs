namespace Handlers;

/// <summary>One topic of a group, with the handlers that take its messages: one, or several that differ by message type.</summary>
internal sealed class GroupTopic
{
    private int unmatched; // 1: a message of an unknown type was logged

    private GroupTopic(string name, string declared, IReadOnlyList<CatalogHandler> handlers, TimeSpan? delay)
    {
        Name = name;
        Declared = declared;
        Handlers = handlers;
        Delay = delay;
        Names = string.Join(", ", handlers.Select(h => h.Registration.Name));
        // Where only some have a type, the start is refused.
        Types = handlers.Any(static h => h.Registration.MessageType is null) ? null : new MessageTypes([.. handlers.Select(h => h.Registration.MessageType!)]);
    }

    /// <summary>Its name at the broker, or the pattern of names.</summary>
    public string Name { get; }

    /// <summary>Whether it stands for many topics: its lanes are of topics that only they name.</summary>
    public bool IsPattern => TopicPattern.IsPattern(Name);

    /// <summary>The topic that its handlers declare: the same, or of a retry topic the one that its messages come from.</summary>
    public string Declared { get; }

    public IReadOnlyList<CatalogHandler> Handlers { get; }

    /// <summary>Their names, for people.</summary>
    public string Names { get; }

    /// <summary>The health checks that pause its lanes.</summary>
    public IEnumerable<string> CircuitBreakers => Handlers.Select(static h => h.Settings.CircuitBreaker).OfType<string>().Distinct();

    /// <summary>Of a retry topic: how long its messages wait. Null otherwise.</summary>
    public TimeSpan? Delay { get; }

    /// <summary>Which handler takes which type; null where one takes all.</summary>
    public MessageTypes? Types { get; }

    /// <summary>The types that they take, for people.</summary>
    public string TypesText => string.Join(", ", Handlers.Select(h => $"'{h.Registration.MessageType?.Type}'"));

    /// <summary>True once: for the first message of a type that none takes.</summary>
    public bool IsFirstUnmatched() => Interlocked.Exchange(ref unmatched, 1) == 0;

    /// <summary>What belongs to topic and group, and so is the same for all of its handlers: ordering, commit, concurrency, start.</summary>
    public HandlerSettings Settings => Handlers[0].Settings;

    /// <summary>Whether results and positions become durable together.</summary>
    public bool IsTransactional => Settings.Commit == Commit.Transaction;

    public bool TakesLists => Handlers[0].Registration.TakesLists;

    /// <summary>What must be read beside the body: for the handlers, for order by key, for types, and for what is published of a failure.</summary>
    public MessageParts Reads
    {
        get
        {
            var reads = Handlers.Aggregate(Types?.Reads ?? MessageParts.None, static (parts, h) => parts | h.Registration.Reads);
            if (Settings.Ordering == Ordering.Key) reads |= MessageParts.Key;
            return TakesLists || Delay is not null || Handlers.Any(h => h.Settings.DeadLetter is not null || h.Settings.RetryTopics.Count > 0) ? MessageParts.All : reads;
        }
    }

    /// <summary>The retry topic of a group for a pause.</summary>
    public static string RetryTopic(string topic, string group, TimeSpan delay) => $"{topic}.{group}.retry.{Duration.Text(delay)}";

    public static IReadOnlyList<GroupTopic> Of(string group, IReadOnlyList<CatalogHandler> handlers) =>
    [
        .. handlers.GroupBy(h => h.Settings.Topic).SelectMany(topic => topic
            .SelectMany(h => h.Settings.RetryTopics).Distinct().Select(TimeSpan? (delay) => delay).Prepend(null)
            .Select(delay => new GroupTopic(delay is { } after ? RetryTopic(topic.Key, group, after) : topic.Key, topic.Key, [.. topic], delay))),
    ];
}
