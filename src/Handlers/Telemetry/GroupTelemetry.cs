using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text;
using System.Text.Unicode;

namespace Handlers;

/// <summary>What is told of one membership of a group. Makes what tells of its lanes, calls and commits, each with its labels put together once.</summary>
/// <param name="Instruments">The host's.</param>
/// <param name="LatencySource">When messages came into being; null: nobody asked for their latency.</param>
/// <param name="System">The transport's <see cref="ITransport.System"/>.</param>
/// <param name="Group">The group.</param>
/// <param name="Time">Time.</param>
internal sealed record GroupTelemetry(Instruments Instruments, LatencySource? LatencySource, string System, string Group, TimeProvider Time)
{
    private const int LongestKey = 256;

    private readonly ConcurrentDictionary<string, CallPace> paces = new(StringComparer.Ordinal);

    /// <summary>What this kind of broker's messages have on spans by the conventions; null: nothing of its own.</summary>
    public MessageAttributes? Attributes { get; init; }

    /// <summary>Whether keys of messages are on spans.</summary>
    public bool TracesKeys { get; init; }

    /// <summary>How many spans without a parent calls may have; null: no limit. One for all groups.</summary>
    public SpanBudget? Spans { get; init; }

    /// <summary>The same of reads, which have a budget of their own: small batches come as often as messages do elsewhere.</summary>
    public SpanBudget? ReadSpans { get; init; }

    /// <summary>What must be read of messages for those who listen now: the context of a trace is in the headers, the latency maybe elsewhere.</summary>
    public MessageParts Reads => (Instruments.Source.HasListeners() ? MessageParts.Headers | MessageParts.Timestamp | (TracesKeys ? MessageParts.Key : MessageParts.None) : MessageParts.None)
        | (Latency?.Reads ?? MessageParts.None);

    /// <summary>The source of latency, while somebody listens to that.</summary>
    public LatencySource? Latency => Instruments.Latency.Enabled ? LatencySource : null;

    /// <summary>What tells of a lane's reads.</summary>
    public ReadTelemetry ReadsOf(LaneId lane) => new(this, lane);

    /// <summary>What tells of a handler's calls in a lane.</summary>
    public CallTelemetry CallsOf(string handler, LaneId lane) => new(this, handler, lane);

    /// <summary>How fast a handler is called, in all lanes.</summary>
    public CallPace PaceOf(string handler) => paces.GetOrAdd(handler, static (_, time) => new CallPace(time), Time);

    /// <summary>What tells of the group's commits.</summary>
    public CommitTelemetry Commits => new(this);

    /// <summary>The labels of an operation.</summary>
    /// <param name="operation">Its name, which for reads and calls is its type too.</param>
    /// <param name="lane">The lane that it is about; null: no one lane.</param>
    public KeyValuePair<string, object?>[] Tags(string operation, LaneId? lane) =>
    [
        TelemetryTags.Of(TelemetryTags.MessagingSystem, System), TelemetryTags.Of(TelemetryTags.OperationName, operation), TelemetryTags.Of(TelemetryTags.Group, Group),
        .. lane is { } of ? [TelemetryTags.Of(TelemetryTags.Destination, of.Topic), TelemetryTags.Of(TelemetryTags.Partition, of.Partition)] : (ReadOnlySpan<KeyValuePair<string, object?>>)[],
    ];

    /// <summary>Puts on a span what is the message's own.</summary>
    public void Describe(Activity span, ref readonly Message message)
    {
        span.SetTag(TelemetryTags.Position, message.Position.ToString());
        if (message.TimestampMilliseconds != 0) span.SetTag(TelemetryTags.Timestamp, message.TimestampMilliseconds);
        if (Attributes is not { } names) return;
        if (message.Position.Sequence is null) span.SetTag(names.Position, message.Position.Number);
        if (TracesKeys && !message.Key.IsNull && KeyText(message.Key.Span) is { } key) span.SetTag(names.Key, key);
    }

    /// <summary>A key that is no text has no form that everybody would agree on, and the conventions leave it out then; so does one that is longer than anybody reads.</summary>
    private static string? KeyText(ReadOnlySpan<byte> key) => key.Length <= LongestKey && Utf8.IsValid(key) ? Encoding.UTF8.GetString(key) : null;

    /// <summary>A span that has no parent but the given one: what happens to be current where a loop was started has nothing to do with a message.</summary>
    public Activity? Start(string name, ActivityKind kind, ActivityContext parent, IEnumerable<KeyValuePair<string, object?>> tags, IEnumerable<ActivityLink>? links = null, DateTimeOffset at = default)
    {
        Activity.Current = null;
        return Instruments.Source.StartActivity(kind, parent, tags, links, at, name);
    }
}
