using System.Text.Json;

namespace Handlers.Dashboard;

/// <summary>A lane, and what is under way in it.</summary>
internal static class LaneJson
{
    public static void Write(Utf8JsonWriter json, HandlerStatus handler, LaneStatus lane)
    {
        json.WriteStartObject();
        json.WriteString("lane", Lanes.NameOf(handler, lane.Id));
        json.WriteString("topic", lane.Id.Topic);
        json.WriteString("partition", lane.Id.Partition);
        json.WriteNumber("epoch", lane.Id.Epoch);
        json.WriteString("lastRead", lane.State.LastRead?.ToString());
        json.WriteMaybe("lag", lane.State.LagMessages);
        json.WriteSeconds("lagSeconds", lane.State.LagTime);
        json.WriteNumber("inFlight", lane.InFlight);
        json.WriteNumber("uncommitted", lane.Uncommitted);
        json.WriteString("position", lane.Oldest?.ToString());
        json.WriteSeconds("age", lane.OldestAge);
        json.WriteString("watermark", lane.Watermark?.ToString());
        json.WriteSeconds("watermarkAge", lane.WatermarkAge);
        json.WriteBoolean("caughtUp", lane.IsCaughtUp);
        json.WriteStartArray("paused");
        if (lane.Paused.HasFlag(PauseReasons.Asked)) json.WriteStringValue("asked");
        if (lane.Paused.HasFlag(PauseReasons.CircuitBreaker)) json.WriteStringValue("circuit breaker");
        if (lane.Paused.HasFlag(PauseReasons.CannotPublish)) json.WriteStringValue("cannot publish");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    public static void UnderWay(Utf8JsonWriter json, LaneId lane, MessageUnderWay message)
    {
        json.WriteStartObject();
        json.WriteString("topic", lane.Topic);
        json.WriteString("partition", lane.Partition);
        json.WriteString("position", message.Position.ToString());
        json.WriteSeconds("age", message.Age);
        json.WriteEndObject();
    }
}
