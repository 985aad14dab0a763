using System.Text.Json.Serialization;
using Handlers;

namespace QuickStart;

public sealed record Earthquake(string Id, Measurements Properties);

public sealed record Measurements(double? Mag, string? Place, int? Sig, string Net);

public sealed record SignificantEarthquake(string Id, string? Place, double? Magnitude);

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase, RespectNullableAnnotations = true, RespectRequiredConstructorParameters = true)]
[JsonSerializable(typeof(Earthquake)), JsonSerializable(typeof(SignificantEarthquake))]
internal sealed partial class AppJson : JsonSerializerContext;

/// <summary>Each group reads the whole topic at its own pace.</summary>
public sealed class Alerts(Board board)
{
    [StreamHandler("earthquakes", Group = "alerts")]
    public void OnEarthquake(Earthquake quake)
    {
        if (quake.Properties.Mag >= 4.5) board.Alert(quake);
    }
}

/// <summary>Writes every event down, so that the tally per network survives a crash: an event that comes twice counts once.</summary>
public sealed class Tally(Ledger ledger)
{
    [StreamHandler("earthquakes", Group = "tally")]
    public void OnEarthquake(Earthquake quake) => ledger.Write(quake.Id, quake.Properties.Net);
}

/// <summary>What a handler returns goes to the second topic. Null: nothing to publish.</summary>
public static class Significance
{
    [StreamHandler("earthquakes", Group = "significance"), PublishTo("earthquakes.significant")]
    public static SignificantEarthquake? OnEarthquake(Earthquake quake) =>
        quake.Properties.Sig >= 600 ? new(quake.Id, quake.Properties.Place, quake.Properties.Mag) : null;
}

public sealed class News(Board board)
{
    [StreamHandler("earthquakes.significant", Group = "news")]
    public void OnSignificant(SignificantEarthquake quake, MessageContext context) => board.Headline(quake, context.Timestamp);
}
