using System.Text.Json.Serialization;

namespace Handlers.Tool.Lib;

public sealed record Order(int Id, string? Note);

public sealed record Invoice(int Order, decimal Sum);

public sealed class BusyException : Exception;

[JsonSerializable(typeof(Order)), JsonSerializable(typeof(Invoice))]
public sealed partial class OrdersJson : JsonSerializerContext;

/// <summary>Handlers of a library, with every setting that there is: whoever adds one adds it here.</summary>
public sealed class Orders
{
    [StreamHandler("orders", Group = "everything", Transport = "west", MessageType = "order", TypeFrom = TypeSource.CloudEvents, TypeName = "kind",
        Ordering = Ordering.None, Concurrency = 8, Commit = Commit.Watermark, OnInvalid = InvalidMessage.DeadLetter, OnFailure = FailedHandler.DeadLetter,
        OnUnmatched = UnmatchedType.Stop, Start = StartFrom.Time, StartAt = "2026-01-31T01:00:00.25+01:00", TimeLimitSeconds = 90)]
    [Retry(Attempts = 5, Delay = "250ms", Backoff = Backoff.Linear, MaxDelay = "45s", Jitter = false, On = new[] { typeof(BusyException) }, Except = new[] { typeof(ArgumentException) })]
    [RetryTopics("5s", "1m"), DeadLetter("orders.dead"), PublishTo("invoices"), CircuitBreaker("database")]
    public Framed<Invoice>? Everything(Framed<Order>? order, [FromKey] string? key, MessageContext context, CancellationToken stop) => null;

    [StreamHandler("texts", Transport = "west"), Batch(Size = 10, Time = "500ms"), Retry(Pipeline = "slow")]
    public static void Lists(IReadOnlyList<Message<string>> texts) { }

    [StreamHandler("plain", Transport = "west")]
    public static void Nothing(byte[] body) { }

    [StreamHandler("preset", Transport = "west", Preset = Preset.InOrder), Retry]
    public static void InOrder(string text) { }
}
