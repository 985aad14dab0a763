using System.Globalization;
using System.Text.Json;
using Amazon.Runtime.Internal.Util;

namespace Amazon.Kinesis.Wire;

/// <summary>Members of a request; what is null is not written.</summary>
internal static class JsonOut
{
    public static void Text(this Utf8JsonWriter json, string name, string value)
    {
        if (value is not null) json.WriteString(name, value);
    }

    public static void Number(this Utf8JsonWriter json, string name, int? value)
    {
        if (value is { } number) json.WriteNumber(name, number);
    }

    public static void Flag(this Utf8JsonWriter json, string name, bool? value)
    {
        if (value is { } flag) json.WriteBoolean(name, flag);
    }

    /// <summary>Whole seconds, rounded as the SDK rounds them, although the service takes parts of a second.</summary>
    public static void Time(this Utf8JsonWriter json, string name, DateTime? value)
    {
        if (value is { } time) json.WriteNumber(name, long.Parse(StringUtils.FromDateTimeToUnixTimestamp(time), CultureInfo.InvariantCulture));
    }

    /// <summary>All of the stream, wherever its position is.</summary>
    public static void Bytes(this Utf8JsonWriter json, string name, MemoryStream value)
    {
        if (value is not null) json.WriteBase64String(name, value.TryGetBuffer(out var bytes) ? bytes : value.ToArray());
    }

    public static void Tags(this Utf8JsonWriter json, string name, Dictionary<string, string> value)
    {
        if (!IsSet(value)) return;
        json.WriteStartObject(name);
        foreach (var (key, text) in value) json.WriteString(key, text);
        json.WriteEndObject();
    }

    /// <summary>An empty collection is written, unless collections are empty to begin with.</summary>
    public static bool IsSet<T>(ICollection<T> value) => value is not null && (value.Count > 0 || !AWSConfigs.InitializeCollections);
}
