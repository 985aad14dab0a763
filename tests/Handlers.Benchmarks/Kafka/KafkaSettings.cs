namespace Handlers.Benchmarks;

/// <summary>The settings of clients that are compared.</summary>
internal static class KafkaSettings
{
    /// <summary>Of every one: the broker answers an empty fetch only after this time, and the end of a pass would be that.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> OfAll = [("fetch.wait.max.ms", "10")];

    /// <summary>What this library sets by default (docs/kafka.md), for clients that do without it.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Tuned =
        [("queued.min.messages", "1000000"), ("fetch.queue.backoff.ms", "5"), ("queued.max.messages.kbytes", "524288")];

    /// <summary>A person's choice for at least once: offsets stored by the loop, committed by the client each second.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> Stored = [("enable.auto.offset.store", "false"), ("enable.auto.commit", "true"), ("auto.commit.interval.ms", "1000")];

    /// <summary>A person's choice for a commit by each message.</summary>
    public static readonly IReadOnlyList<(string Name, string Value)> ByHand = [("enable.auto.offset.store", "false"), ("enable.auto.commit", "false")];
}
