using System.Globalization;
using Handlers.Generators.Model;

namespace Handlers.Generators.Emitting;

/// <summary>
/// Prints what a handler's attributes say as data: text that is read from the built assembly without running it. It says what
/// <see cref="SettingsEmitter"/> says, and like it no defaults.
/// </summary>
internal static class TopologyEmitter
{
    private const int Version = 1;

    /// <summary>For the head of the handler's own file: attributes of an assembly stand before the first namespace.</summary>
    public static void Emit(SourceWriter file, HandlerModel handler)
    {
        var types = new (string Property, string? Type)[]
        {
            ("Payload", handler.Payload.JsonKey), ("Context", handler.Payload.JsonContext),
            ("Result", handler.Result.Payload?.JsonKey), ("ResultContext", handler.Result.Payload?.JsonContext),
        };
        var arguments = types.Where(t => t.Type is not null).Select(t => $"{t.Property} = typeof({t.Type})");
        Line(file, string.Join(", ", arguments.Prepend(HandlerEmitter.Text(Text(handler)))));
        file.Line();
    }

    /// <summary>For a handler that could not be emitted, and has no file: that it is there, and why not.</summary>
    public static void EmitErrors(SourceWriter file, HandlerModel handler)
    {
        var text = Head(handler).Texts("errors", handler.Errors.Select(e => e.Id).Distinct());
        Line(file, HandlerEmitter.Text(text.ToString()));
    }

    private static void Line(SourceWriter file, string arguments) => file.Line($"[assembly: global::Handlers.HandlerTopologyAttribute({arguments})]");

    private static JsonText Head(HandlerModel handler) => new JsonText()
        .Number("v", Version)
        .Text("name", handler.Name)
        .Text("method", handler.Identity)
        .Text("topic", handler.Settings.Topic);

    private static string Text(HandlerModel handler)
    {
        var settings = handler.Settings;
        return Head(handler)
            .Text("group", settings.Group)
            .Text("transport", settings.Transport)
            .Text("messageType", settings.MessageType)
            .Text("typeFrom", settings.TypeFrom)
            .Text("typeName", settings.TypeName)
            .Text("ordering", settings.Ordering)
            .Number("concurrency", settings.Concurrency)
            .Text("commit", settings.Commit)
            .Text("onInvalid", settings.OnInvalid)
            .Text("onFailure", settings.OnFailure)
            .Text("onUnmatched", settings.OnUnmatched)
            .Text("start", settings.Start)
            .Text("startAt", settings.StartAt is { } ticks ? new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : null)
            .Text("timeLimit", settings.TimeLimitSeconds > 0 ? Duration.Text(TimeSpan.FromTicks((long)Math.Round(settings.TimeLimitSeconds * TimeSpan.TicksPerSecond))) : null)
            .Text("batch", handler.Batch == BatchShape.None ? null : handler.Batch.ToString())
            .Number("batchSize", settings.BatchSize)
            .Text("batchTime", Time(settings.BatchTime))
            .Text("circuitBreaker", settings.CircuitBreaker)
            .Object("retry", settings.Retry is { } retry ? Retry(retry) : null)
            .Texts("retryTopics", settings.RetryTopics.Select(t => Time(t)!))
            .Text("deadLetter", settings.DeadLetter)
            .Object("payload", Payload(handler.Payload))
            .Texts("reads", Reads(handler))
            .Object("publish", handler.Result.Payload is { } published ? Publish(handler.Result, published, settings.PublishTo) : null)
            .ToString();
    }

    private static JsonText Retry(RetryModel retry) => new JsonText()
        .Number("attempts", retry.Attempts)
        .Text("delay", Time(retry.Delay))
        .Text("backoff", retry.Backoff)
        .Text("maxDelay", Time(retry.MaxDelay))
        .Truth("jitter", retry.Jitter)
        .Text("pipeline", retry.Pipeline)
        .Texts("on", retry.On.Select(Spelled))
        .Texts("except", retry.Except.Select(Spelled));

    private static JsonText Payload(PayloadModel payload) => new JsonText()
        .Text("kind", payload.Kind.ToString())
        .Text("type", Spelled(payload.JsonKey))
        .Truth("nullable", payload.IsNullable ? true : null)
        .Truth("framed", payload.IsFramed ? true : null);

    // A null result publishes nothing; a null payload in an outgoing message is a tombstone.
    private static JsonText Publish(ResultModel result, PayloadModel payload, string? topic) => new JsonText()
        .Text("topic", topic)
        .Text("kind", payload.Kind.ToString())
        .Text("type", Spelled(payload.JsonKey))
        .Truth("nullable", payload.IsNullable && result.IsOutgoingMessage ? true : null)
        .Truth("framed", payload.IsFramed ? true : null)
        .Text("shape", result.Shape.ToString())
        .Text("keyed", result.IsOutgoingMessage ? "own" : "source");

    // What the method asks for beside the payload, in its own words.
    private static IEnumerable<string> Reads(HandlerModel handler) => handler.Parameters
        .Select(p => p.Source switch
        {
            ParameterSource.Key => "key",
            ParameterSource.Header => "header:" + p.Header,
            ParameterSource.Context => "context",
            _ => null,
        })
        .OfType<string>();

    private static string? Time(long? ticks) => ticks is { } value ? Duration.Text(TimeSpan.FromTicks(value)) : null;

    private static string Spelled(string type) => type.Replace("global::", "");
}
