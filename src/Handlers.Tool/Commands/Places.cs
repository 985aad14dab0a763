namespace Handlers.Tool;

/// <summary>Where to begin, as people write it.</summary>
internal static class Places
{
    /// <summary>A time in ISO 8601; of UTC, where it does not say of which zone.</summary>
    public static DateTimeOffset Time(string option, string text) =>
        SettingsOverrides.Moment(text, out var time) ? time : throw ToolException.Usage($"{option} is '{text}', which is not a time in ISO 8601 (2026-01-31T00:00:00Z).");

    /// <summary>Null: nothing is said.</summary>
    public static StartPosition? From(string? text, IReadOnlyList<string> partitions) => text switch
    {
        null => null,
        "earliest" => StartPosition.Earliest,
        "latest" => StartPosition.Latest,
        _ when Position.TryParse(text, out var position) => partitions.Count == 1 ? StartPosition.Including(position) : throw ToolException.Usage("A position is of one partition: name it with --partition."),
        _ when SettingsOverrides.Moment(text, out var time) => StartPosition.At(time),
        _ => throw ToolException.Usage($"--from is '{text}', which is not earliest, latest, a time in ISO 8601 (2026-01-31T00:00:00Z), or a position of one --partition."),
    };
}
