using System.Text.Json;

namespace Amazon.Kinesis.Wire;

/// <summary>Members of a response; one that is missing or null is null.</summary>
internal static class JsonIn
{
    public static string Text(this JsonElement json, string name) => Find(json, name) is { } value ? value.GetString() : null;

    public static int? Number(this JsonElement json, string name) => Find(json, name)?.GetInt32();

    public static long? Long(this JsonElement json, string name) => Find(json, name)?.GetInt64();

    public static bool? Flag(this JsonElement json, string name) => Find(json, name)?.GetBoolean();

    /// <summary>Seconds since 1970, with parts; the result is UTC.</summary>
    public static DateTime? Time(this JsonElement json, string name) => Find(json, name) is { } value ? DateTime.UnixEpoch.AddSeconds(value.GetDouble()) : null;

    /// <summary>Its buffer cannot be taken from it, as with the SDK.</summary>
    public static MemoryStream Bytes(this JsonElement json, string name) => Find(json, name) is { } value ? new MemoryStream(value.GetBytesFromBase64()) : null;

    public static T Shape<T>(this JsonElement json, string name, Func<JsonElement, T> read) where T : class => Find(json, name) is { } value ? read(value) : null;

    // unset is what the collection is before anybody sets it.
    public static List<T> Shapes<T>(this JsonElement json, string name, Func<JsonElement, T> read, List<T> unset)
    {
        if (Find(json, name) is not { } values) return unset;
        var list = new List<T>(values.GetArrayLength());
        foreach (var value in values.EnumerateArray()) list.Add(read(value));
        return list;
    }

    private static JsonElement? Find(JsonElement json, string name) => json.TryGetProperty(name, out var value) && value.ValueKind != JsonValueKind.Null ? value : null;
}
