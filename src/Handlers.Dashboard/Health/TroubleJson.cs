using System.Text.Json;

namespace Handlers.Dashboard;

/// <summary>One thing that is wrong, as JSON.</summary>
internal static class TroubleJson
{
    public static void Write(Utf8JsonWriter json, Trouble trouble, HealthLight? light = null)
    {
        json.WriteStartObject();
        if (light is { } of) json.WriteString("light", Words.Of(of));
        json.WriteString("status", Words.Of(trouble.Color));
        json.WriteString("kind", trouble.Kind);
        json.WriteString("text", trouble.Text);
        if (trouble.Handler is { } handler) json.WriteString("handler", handler);
        if (trouble.Lane is { } lane) json.WriteString("lane", lane.ToString());
        if (trouble.Position is { } position) json.WriteString("position", position.ToString());
        if (trouble.Age is { } age) json.WriteSeconds("age", age);
        json.WriteEndObject();
    }
}

/// <summary>Words that stay, for who reads them by program.</summary>
internal static class Words
{
    public static string Of(HealthLight light) => light switch { HealthLight.Startup => "startup", HealthLight.Ready => "ready", _ => "live" };

    public static string Of(LightColor color) => color switch { LightColor.Green => "green", LightColor.Yellow => "yellow", _ => "red" };
}
