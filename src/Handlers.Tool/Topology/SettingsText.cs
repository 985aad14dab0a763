using System.Globalization;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>
/// Settings as text, version 1. What the generator prints is read, where what is missing is a default, and what the tool
/// itself writes, where nothing is missing.
/// </summary>
internal static class SettingsText
{
    public static HandlerSettings Read(JsonObject text)
    {
        var settings = new HandlerSettings
        {
            Topic = Text(text, "topic") ?? "",
            Group = Text(text, "group"),
            PublishTo = Text(text, "publishTo") ?? (text["publish"] is JsonObject publish ? Text(publish, "topic") : null),
            Ordering = Word(text, "ordering", Ordering.Lane),
            Commit = Word(text, "commit", Commit.Watermark),
            OnInvalid = Word(text, "onInvalid", InvalidMessage.Default),
            OnFailure = Word(text, "onFailure", FailedHandler.Default),
            OnUnmatched = Word(text, "onUnmatched", UnmatchedType.Skip),
            Start = Word(text, "start", StartFrom.Default),
            StartAt = Text(text, "startAt") is { } at ? DateTimeOffset.Parse(at, CultureInfo.InvariantCulture, DateTimeStyles.AssumeUniversal) : null,
            TimeLimit = Time(text, "timeLimit"),
            Retry = text["retry"] is JsonObject retry ? Retry(retry) : null,
            RetryTopics = [.. Texts(text, "retryTopics").Select(t => Time(t)!.Value)],
            DeadLetter = Text(text, "deadLetter"),
            CircuitBreaker = Text(text, "circuitBreaker"),
        };
        return settings with
        {
            Transport = Text(text, "transport") ?? settings.Transport,
            Concurrency = Number(text, "concurrency") ?? settings.Concurrency,
            BatchSize = Number(text, "batchSize") ?? settings.BatchSize,
            BatchTime = Time(text, "batchTime") ?? settings.BatchTime,
        };
    }

    public static JsonObject Write(HandlerSettings settings) => Compact(new JsonObject
    {
        ["topic"] = settings.Topic,
        ["group"] = settings.Group,
        ["transport"] = settings.Transport,
        ["ordering"] = settings.Ordering.ToString(),
        ["concurrency"] = settings.Concurrency,
        ["commit"] = settings.Commit.ToString(),
        ["onInvalid"] = settings.OnInvalid.ToString(),
        ["onFailure"] = settings.OnFailure.ToString(),
        ["onUnmatched"] = settings.OnUnmatched.ToString(),
        ["start"] = settings.Start.ToString(),
        ["startAt"] = settings.StartAt?.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture),
        ["timeLimit"] = settings.TimeLimit is { } limit ? Duration.Text(limit) : null,
        ["publishTo"] = settings.PublishTo,
        ["retry"] = settings.Retry is { } retry ? Write(retry) : null,
        ["retryTopics"] = settings.RetryTopics.Count == 0 ? null : new JsonArray([.. settings.RetryTopics.Select(t => (JsonNode)Duration.Text(t))]),
        ["deadLetter"] = settings.DeadLetter,
        ["batchSize"] = settings.BatchSize,
        ["batchTime"] = Duration.Text(settings.BatchTime),
        ["circuitBreaker"] = settings.CircuitBreaker,
    });

    public static string? Text(JsonObject text, string member) => text[member]?.GetValue<string>();

    public static IEnumerable<string> Texts(JsonObject text, string member) => text[member] is JsonArray items ? items.Select(i => i!.GetValue<string>()) : [];

    /// <summary>Without members that are null.</summary>
    public static JsonObject Compact(JsonObject text)
    {
        foreach (var empty in text.Where(m => m.Value is null).Select(m => m.Key).ToList()) text.Remove(empty);
        return text;
    }

    // Types of exceptions are names here, which the text has, and no types.
    private static RetrySettings Retry(JsonObject text)
    {
        var settings = new RetrySettings { Backoff = Word(text, "backoff", Backoff.Exponential), Pipeline = Text(text, "pipeline"), Jitter = text["jitter"]?.GetValue<bool>() ?? true };
        return settings with
        {
            Attempts = Number(text, "attempts") ?? settings.Attempts,
            Delay = Time(text, "delay") ?? settings.Delay,
            MaxDelay = Time(text, "maxDelay") ?? settings.MaxDelay,
        };
    }

    private static JsonObject Write(RetrySettings retry) => retry.Pipeline is { } pipeline ? new JsonObject { ["pipeline"] = pipeline } : new JsonObject
    {
        ["attempts"] = retry.Attempts,
        ["delay"] = Duration.Text(retry.Delay),
        ["backoff"] = retry.Backoff.ToString(),
        ["maxDelay"] = Duration.Text(retry.MaxDelay),
        ["jitter"] = retry.Jitter,
    };

    private static int? Number(JsonObject text, string member) => text[member]?.GetValue<int>();

    private static TimeSpan? Time(JsonObject text, string member) => Text(text, member) is { } time ? Time(time) : null;

    private static TimeSpan? Time(string text) => Duration.TryParse(text, out var time) ? time : throw new ToolException($"'{text}' is no length of time.");

    private static T Word<T>(JsonObject text, string member, T without) where T : struct, Enum
    {
        if (Text(text, member) is not { } word) return without;
        return Enum.TryParse<T>(word, out var value) ? value : throw new ToolException($"{member} is '{word}', which this version of the tool does not know. Install a newer one.");
    }
}
