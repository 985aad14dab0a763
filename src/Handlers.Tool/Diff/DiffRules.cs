using static Handlers.Tool.ChangeClass;

namespace Handlers.Tool;

/// <summary>
/// What a change of an application does, rule by rule. A rule looks at one handler as it was and as it is, and says what was and what is where it
/// applies; the order of the rules is the order in which changes are told.
/// </summary>
internal static class DiffRules
{
    private sealed record Rule(string Id, ChangeClass Class, Func<TopologyHandler, TopologyHandler, (string? Old, string? New)?> Find, string Why);

    private static readonly Rule[] Rules =
    [
        // Positions, and who reads what.
        new("transport-changed", Breaking, Differ(s => s.Transport), "the group has no position at the other broker, and what is left at this one is read by nobody"),
        new("topic-changed", Breaking, Differ(s => s.Topic), "what is left in the old topic is read by nobody"),
        new("group-renamed", Breaking, Differ(s => s.Group), "the new group has no position and begins at its start; the old one's position is left behind"),
        new("type-changed", Breaking, (o, n) => o.MessageType != n.MessageType && n.MessageType is not null ? (o.MessageType ?? "every type", n.MessageType) : null, "messages of other types are no longer handled by it"),
        new("type-source-changed", Breaking, (o, n) => n.MessageType is not null && o.MessageType is not null && Source(o) != Source(n) ? (Source(o), Source(n)) : null, "messages that say their type in the old place are of no known type"),
        new("output-dropped", Breaking, (o, n) => o.Settings.PublishTo is { } old && n.Settings.PublishTo is null ? (old, null) : null, "whoever reads that topic gets nothing more of it"),
        new("output-changed", Breaking, (o, n) => o.Settings.PublishTo is { } old && n.Settings.PublishTo is { } now && old != now ? (old, now) : null, "whoever reads the old topic gets nothing more of it"),
        new("commit-at-most-once", Breaking, (o, n) => o.Settings.Commit != Commit.OnRead && n.Settings.Commit == Commit.OnRead ? Words(o, n, s => s.Commit) : null, "a crash loses what was read and not yet handled"),
        new("dead-letter-dropped", Breaking, (o, n) => o.Settings.DeadLetter is { } old && n.Settings.DeadLetter is null && Skips(n) ? (old, null) : null, "what went there is skipped now"),

        // What is in messages.
        new("payload-kind-changed", Breaking, (o, n) => o.Payload is { } old && n.Payload is { } now && !Payloads.Reads(old, now) ? (old.Kind, now.Kind) : null, "messages that are in the topic are invalid now"),
        new("frame-changed", Breaking, (o, n) => o.Payload is { } old && n.Payload is { } now && old.IsFramed != now.IsFramed ? (Framed(old), Framed(now)) : null, "messages that are in the topic are invalid now"),
        new("payload-not-nullable", Breaking, (o, n) => o.Payload is { IsNullable: true } && n.Payload is { IsNullable: false } ? ("nullable", "not nullable") : null, "tombstones are invalid now"),
        new("output-kind-changed", Breaking, (o, n) => o.Published is { } old && n.Published is { } now && Payloads.Written(old) != Payloads.Written(now) ? (Payloads.Written(old), Payloads.Written(now)) : null, "whoever reads the output cannot unpack it"),

        // Promises that are weaker.
        new("ordering-loosened", Loosening, (o, n) => n.Settings.Ordering > o.Settings.Ordering ? Words(o, n, s => s.Ordering) : null, "messages that were handled one after the other may be handled at once"),
        new("commit-loosened", Loosening, (o, n) => n.Settings.Commit != Commit.OnRead && Strength(n.Settings.Commit) < Strength(o.Settings.Commit) ? Words(o, n, s => s.Commit) : null, "more comes twice after a crash"),
        new("failure-loosened", Loosening, (o, n) => o.Settings.OnFailure != FailedHandler.Skip && n.Settings.OnFailure == FailedHandler.Skip ? Words(o, n, s => s.OnFailure) : null, "what fails is passed over"),
        new("invalid-loosened", Loosening, (o, n) => o.Settings.OnInvalid != InvalidMessage.Skip && n.Settings.OnInvalid == InvalidMessage.Skip ? Words(o, n, s => s.OnInvalid) : null, "what cannot be unpacked is passed over"),
        new("unmatched-loosened", Loosening, (o, n) => o.Settings.OnUnmatched != UnmatchedType.Skip && n.Settings.OnUnmatched == UnmatchedType.Skip ? Words(o, n, s => s.OnUnmatched) : null, "messages of unknown types are passed over"),
        new("retry-dropped", Loosening, (o, n) => o.Settings.Retry is { } old && n.Settings.Retry is null ? (Retry(old), null) : null, "the first failure counts"),
        new("retry-fewer", Loosening, (o, n) => o.Settings.Retry is { Pipeline: null } old && n.Settings.Retry is { Pipeline: null } now && now.Attempts < old.Attempts ? (Retry(old), Retry(now)) : null, "a failure counts sooner"),
        new("time-limit-dropped", Loosening, (o, n) => o.Settings.TimeLimit is { } old && n.Settings.TimeLimit is null ? (Duration.Text(old), null) : null, "a call that hangs holds its lane up for ever"),
        new("circuit-breaker-dropped", Loosening, (o, n) => o.Settings.CircuitBreaker is { } old && n.Settings.CircuitBreaker is null ? (old, null) : null, "messages are tried against what is down"),
        new("dead-letter-removed", Loosening, (o, n) => o.Settings.DeadLetter is { } old && n.Settings.DeadLetter is null && !Skips(n) ? (old, null) : null, "what went there stops the subscription now, and letters in it wait there for a redrive"),
        new("dead-letter-renamed", Loosening, (o, n) => o.Settings.DeadLetter is { } old && n.Settings.DeadLetter is { } now && now != old ? (old, now) : null, "letters in the old topic wait there for a redrive"),
        new("handler-renamed", Loosening, (o, n) => o.Name != n.Name ? (o.Name, n.Name) : null, "configuration by the old name is an error at the start, and metrics have another label"),

        // The rest.
        new("ordering-tightened", Harmless, (o, n) => n.Settings.Ordering < o.Settings.Ordering ? Words(o, n, s => s.Ordering) : null, "less is handled at once"),
        new("commit-tightened", Harmless, (o, n) => Strength(n.Settings.Commit) > Strength(o.Settings.Commit) ? Words(o, n, s => s.Commit) : null, "less comes twice, or is lost, after a crash"),
        new("failure-tightened", Harmless, (o, n) => o.Settings.OnFailure != n.Settings.OnFailure && n.Settings.OnFailure != FailedHandler.Skip ? Words(o, n, s => s.OnFailure) : null, "what fails is kept"),
        new("invalid-tightened", Harmless, (o, n) => o.Settings.OnInvalid != n.Settings.OnInvalid && n.Settings.OnInvalid != InvalidMessage.Skip ? Words(o, n, s => s.OnInvalid) : null, "what cannot be unpacked is kept"),
        new("unmatched-tightened", Harmless, (o, n) => o.Settings.OnUnmatched != n.Settings.OnUnmatched && n.Settings.OnUnmatched != UnmatchedType.Skip ? Words(o, n, s => s.OnUnmatched) : null, "messages of unknown types are kept"),
        new("type-widened", Harmless, (o, n) => o.MessageType is { } old && n.MessageType is null ? (old, "every type") : null, "it handles other types too"),
        new("retry-changed", Harmless, (o, n) => n.Settings.Retry is { } now && o.Settings.Retry != now && !(o.Settings.Retry is { Pipeline: null } old && now.Pipeline is null && now.Attempts < old.Attempts) ? (o.Settings.Retry is { } was ? Retry(was) : null, Retry(now)) : null, "failures are tried in another rhythm"),
        new("time-limit-changed", Harmless, (o, n) => n.Settings.TimeLimit is { } now && o.Settings.TimeLimit != now ? (o.Settings.TimeLimit is { } old ? Duration.Text(old) : null, Duration.Text(now)) : null, "a call may take another time"),
        new("circuit-breaker-changed", Harmless, (o, n) => n.Settings.CircuitBreaker is { } now && o.Settings.CircuitBreaker != now ? (o.Settings.CircuitBreaker, now) : null, "another health check pauses it"),
        new("concurrency-changed", Harmless, (o, n) => o.Settings.Concurrency != n.Settings.Concurrency ? Words(o, n, s => s.Concurrency) : null, "another number is handled at once"),
        new("batch-changed", Harmless, (o, n) => Batch(o) != Batch(n) ? (Batch(o), Batch(n)) : null, "calls take other numbers of messages"),
        new("start-changed", Harmless, (o, n) => (o.Settings.Start, o.Settings.StartAt) != (n.Settings.Start, n.Settings.StartAt) ? (Start(o), Start(n)) : null, "only groups without a position begin there"),
        new("output-added", Harmless, (o, n) => o.Settings.PublishTo is null && n.Settings.PublishTo is { } now ? (null, now) : null, "it needs the right to write there"),
        new("dead-letter-added", Harmless, (o, n) => o.Settings.DeadLetter is null && n.Settings.DeadLetter is { } now ? (null, now) : null, "it needs the right to write there"),
        new("payload-nullable", Harmless, (o, n) => o.Payload is { IsNullable: false } && n.Payload is { IsNullable: true } ? ("not nullable", "nullable") : null, "tombstones are handled"),
        new("payload-type-renamed", Harmless, (o, n) => o.Payload is { } old && n.Payload is { } now && old.Type != now.Type ? (old.Type, now.Type) : null, "the name of a type is in no message"),
        new("method-renamed", Harmless, (o, n) => o.Method != n.Method ? (o.Method, n.Method) : null, "positions do not go by methods"),
    ];

    /// <summary>The ids of all rules about one handler, with their classes.</summary>
    public static IReadOnlyList<(string Id, ChangeClass Class)> All { get; } = [.. Rules.Select(r => (r.Id, r.Class))];

    /// <summary>What applies to a handler that is there before and after.</summary>
    public static IEnumerable<Change> Compare(TopologyHandler before, TopologyHandler after)
    {
        foreach (var rule in Rules)
            if (rule.Find(before, after) is { } found) yield return new Change(rule.Class, rule.Id, after.Name, found.Old, found.New, rule.Why);
    }

    private static Func<TopologyHandler, TopologyHandler, (string?, string?)?> Differ(Func<HandlerSettings, string?> part) =>
        (o, n) => part(o.Settings) != part(n.Settings) ? (part(o.Settings), part(n.Settings)) : null;

    private static (string?, string?) Words<T>(TopologyHandler before, TopologyHandler after, Func<HandlerSettings, T> part) => ($"{part(before.Settings)}", $"{part(after.Settings)}");

    private static int Strength(Commit commit) => commit switch { Commit.OnRead => 0, Commit.Watermark => 1, Commit.EachMessage => 2, _ => 3 };

    private static bool Skips(TopologyHandler handler) => handler.Settings.OnFailure == FailedHandler.Skip || handler.Settings.OnInvalid == InvalidMessage.Skip;

    private static string Source(TopologyHandler handler) => handler.TypeName is { } name ? $"{handler.TypeFrom} {name}" : $"{handler.TypeFrom}";

    private static string Framed(TopologyPayload payload) => payload.IsFramed ? "framed" : "not framed";

    private static string Retry(RetrySettings retry) => retry.Pipeline is { } pipeline ? $"pipeline {pipeline}"
        : $"{retry.Attempts} attempts, {retry.Backoff} from {Duration.Text(retry.Delay)} to {Duration.Text(retry.MaxDelay)}{(retry.Jitter ? "" : ", no jitter")}";

    private static string Batch(TopologyHandler handler) => handler.Batch is null ? "one" : $"{handler.Settings.BatchSize} or {Duration.Text(handler.Settings.BatchTime)}";

    private static string Start(TopologyHandler handler) => handler.Settings.StartAt is { } at ? $"{at.UtcDateTime:yyyy-MM-dd'T'HH:mm:ss'Z'}" : $"{handler.Settings.Start}";
}
