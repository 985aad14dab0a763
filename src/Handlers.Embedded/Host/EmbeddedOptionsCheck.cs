using System.Globalization;

namespace Handlers.Embedded;

/// <summary>What options may be. Each error names the option, the value and what is allowed.</summary>
internal static class EmbeddedOptionsCheck
{
    public const int MostPartitions = 10_000;

    public static void Check(EmbeddedOptions options)
    {
        var errors = Errors(options).ToList();
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    private static IEnumerable<string> Errors(EmbeddedOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Folder)) yield return "Embedded: Folder is empty. Name the folder of the log, such as ./data.";
        if (options.Folder.Contains('\0', StringComparison.Ordinal)) yield return "Embedded: Folder holds a NUL character.";
        foreach (var error in Limits("", options.Partitions, options.RetentionAge, options.RetentionBytes)) yield return error;
        foreach (var error in Span(nameof(options.LeaseTime), options.LeaseTime, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1))) yield return error;
        foreach (var error in Span(nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(1), TimeSpan.FromSeconds(10))) yield return error;
        foreach (var error in Span(nameof(options.BusyTimeout), options.BusyTimeout, TimeSpan.FromMilliseconds(1), TimeSpan.FromMinutes(10))) yield return error;
        foreach (var error in Span(nameof(options.RetentionInterval), options.RetentionInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromDays(1))) yield return error;
        if (options.PollInterval * 4 > options.LeaseTime) yield return Text($"Embedded: PollInterval is {options.PollInterval}, but a lease of {options.LeaseTime} must be renewed in time: at most a quarter of LeaseTime is allowed.");
        if (!Enum.IsDefined(options.Durability)) yield return Text($"Embedded: Durability is {(int)options.Durability}; allowed are PowerLoss and ProcessLoss.");
        if (!Enum.IsDefined(options.OnLostPosition)) yield return Text($"Embedded: OnLostPosition is {(int)options.OnLostPosition}; allowed are Fail and Earliest.");
        foreach (var (topic, own) in options.Topics)
        {
            if (TopicName.Error(topic) is { } error) yield return $"Embedded: Topics: {error}";
            foreach (var limit in Limits($"Topics:{topic}:", own.Partitions ?? options.Partitions, own.RetentionAge, own.RetentionBytes)) yield return limit;
        }
    }

    private static IEnumerable<string> Limits(string prefix, int partitions, TimeSpan? age, long? bytes)
    {
        if (partitions is < 1 or > MostPartitions) yield return Text($"Embedded: {prefix}Partitions is {partitions}; allowed are 1 to {MostPartitions:N0}.");
        if (age <= TimeSpan.Zero) yield return Text($"Embedded: {prefix}RetentionAge is {age}; it must be more than zero, or be left out to keep messages for ever.");
        if (bytes <= 0) yield return Text($"Embedded: {prefix}RetentionBytes is {bytes}; it must be more than zero, or be left out for no limit.");
    }

    private static IEnumerable<string> Span(string name, TimeSpan value, TimeSpan least, TimeSpan most)
    {
        if (value < least || value > most) yield return Text($"Embedded: {name} is {value}; allowed are {least} to {most}.");
    }

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
