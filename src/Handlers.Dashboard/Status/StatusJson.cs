using System.Text.Json;

namespace Handlers.Dashboard;

/// <summary>
/// What the first screen needs. Of bounded size however many lanes there are: the worst five of each handler, and twenty troubles. Positions are
/// texts: those of Kinesis are longer than a number of JSON's readers.
/// </summary>
internal static class StatusJson
{
    private const int MostTroubles = 20;
    private const int MostLanes = 5;

    public static void Lights(Utf8JsonWriter json, StatusSnapshot snapshot)
    {
        json.WriteStartObject("lights");
        foreach (var light in snapshot.Lights) json.WriteString(Words.Of(light.Light), Words.Of(light.Color));
        json.WriteEndObject();
        // The same trouble may turn several lights red; it is one thing to people.
        var troubles = snapshot.Lights.SelectMany(static l => l.Troubles.Select(t => (l.Light, Trouble: t)))
            .OrderByDescending(static t => t.Trouble.Color)
            .DistinctBy(static t => (t.Trouble.Kind, t.Trouble.Handler, t.Trouble.Lane, t.Trouble.Position, t.Trouble.Handler is null ? t.Trouble.Text : "")).ToList();
        json.WriteStartArray("troubles");
        foreach (var (light, trouble) in troubles.Take(MostTroubles)) TroubleJson.Write(json, trouble, light);
        json.WriteEndArray();
        json.WriteNumber("moreTroubles", Math.Max(0, troubles.Count - MostTroubles));
    }

    public static void Handler(Utf8JsonWriter json, HandlerStatus handler, Point? newest)
    {
        json.WriteStartObject();
        json.WriteString("name", handler.Name);
        json.WriteString("topic", handler.Topic);
        json.WriteString("group", handler.Group);
        Settings(json, handler);
        json.WriteStartObject("lanes");
        json.WriteNumber("count", handler.Lanes.Count);
        json.WriteNumber("paused", handler.Lanes.Count(static l => l.Paused != PauseReasons.None));
        json.WriteNumber("caughtUp", handler.Lanes.Count(static l => l.IsCaughtUp));
        json.WriteEndObject();
        Counts(json, handler.Counts);
        json.WriteMaybe("rate", newest?.Rate);
        json.WriteMaybe("failing", newest?.Failed);
        json.WriteMaybe("p50", newest?.P50);
        json.WriteMaybe("p99", newest?.P99);
        json.WriteMaybe("lag", Lanes.Lag(handler));
        json.WriteSeconds("lagSeconds", Lanes.LagTime(handler));
        json.WriteNumber("inFlight", handler.Lanes.Sum(static l => l.InFlight));
        json.WriteNumber("uncommitted", handler.Lanes.Sum(static l => l.Uncommitted));
        json.WriteSeconds("oldestAge", handler.Lanes.Count == 0 ? TimeSpan.Zero : handler.Lanes.Max(static l => l.OldestAge));
        json.WriteSeconds("watermarkAge", handler.Lanes.Count == 0 ? TimeSpan.Zero : handler.Lanes.Max(static l => l.WatermarkAge));
        json.WriteSeconds("commitAge", handler.CommitAge);
        json.WriteSeconds("pollAge", handler.PollAge);
        json.WriteSeconds("withoutLanes", handler.WithoutLanes);
        json.WriteNumber("restarts", handler.Restarts);
        json.WriteStartArray("worst");
        foreach (var lane in Lanes.Worst(handler, MostLanes)) LaneJson.Write(json, handler, lane);
        json.WriteEndArray();
        if (handler.Failures is [var last, ..])
        {
            json.WritePropertyName("lastFailure");
            FailureJson.Write(json, last, withText: false);
        }

        json.WriteEndObject();
    }

    public static void Series(Utf8JsonWriter json, long last, IReadOnlyDictionary<string, IReadOnlyList<Point>> series)
    {
        json.WriteStartObject("history");
        json.WriteNumber("last", last);
        json.WriteNumber("step", History.Step.TotalSeconds);
        json.WriteNumber("points", History.Points);
        json.WriteStartObject("series");
        foreach (var (handler, points) in series)
        {
            json.WriteStartArray(handler);
            foreach (var p in points)
            {
                json.WriteStartArray();
                foreach (var value in (ReadOnlySpan<double?>)[p.Rate, p.Failed, p.P50, p.P99, p.Lag, p.Oldest])
                    if (value is { } number) json.WriteNumberValue((double)(float)number); // seven digits are enough for a chart
                    else json.WriteNullValue();
                json.WriteEndArray();
            }

            json.WriteEndArray();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void Settings(Utf8JsonWriter json, HandlerStatus handler)
    {
        var settings = handler.Settings;
        json.WriteString("transport", settings.Transport);
        json.WriteString("ordering", settings.Ordering.ToString());
        json.WriteString("commit", settings.Commit.ToString());
        if (settings.Ordering == Ordering.Lane) json.WriteNull("concurrency");
        else json.WriteNumber("concurrency", handler.Concurrency > 0 ? handler.Concurrency : settings.Concurrency);
        json.WriteString("onInvalid", settings.OnInvalid.ToString());
        json.WriteString("onFailure", settings.OnFailure.ToString());
        json.WriteString("deadLetter", settings.DeadLetter);
        json.WriteString("publishTo", settings.PublishTo);
        json.WriteMaybe("attempts", settings.Retry?.Attempts);
        json.WriteSeconds("timeLimit", settings.TimeLimit);
        json.WriteStartArray("retryTopics");
        foreach (var pause in settings.RetryTopics) json.WriteNumberValue(pause.TotalSeconds);
        json.WriteEndArray();
    }

    private static void Counts(Utf8JsonWriter json, HandlerCounts counts)
    {
        json.WriteStartObject("counts");
        json.WriteNumber("received", counts.Received);
        json.WriteNumber("handled", counts.Handled);
        json.WriteNumber("failed", counts.Failed);
        json.WriteNumber("invalid", counts.Invalid);
        json.WriteNumber("skipped", counts.Skipped);
        json.WriteNumber("retried", counts.Retried);
        json.WriteNumber("deferred", counts.Deferred);
        json.WriteNumber("deadLettered", counts.DeadLettered);
        json.WriteNumber("late", counts.Late);
        json.WriteEndObject();
    }
}
