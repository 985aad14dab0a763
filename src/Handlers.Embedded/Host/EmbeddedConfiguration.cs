using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Handlers.Embedded;

/// <summary>Reads options from configuration by hand: no reflection, and no key that is silently ignored.</summary>
internal sealed class EmbeddedConfiguration
{
    private static readonly string[] Keys =
    [
        nameof(EmbeddedOptions.Folder), nameof(EmbeddedOptions.Partitions), nameof(EmbeddedOptions.Topics), nameof(EmbeddedOptions.LeaseTime),
        nameof(EmbeddedOptions.PollInterval), nameof(EmbeddedOptions.BusyTimeout), nameof(EmbeddedOptions.RetentionAge),
        nameof(EmbeddedOptions.RetentionBytes), nameof(EmbeddedOptions.RetentionInterval), nameof(EmbeddedOptions.Durability),
        nameof(EmbeddedOptions.OnLostPosition),
    ];

    private static readonly string[] TopicKeys =
        [nameof(EmbeddedTopicOptions.Partitions), nameof(EmbeddedTopicOptions.RetentionAge), nameof(EmbeddedTopicOptions.RetentionBytes)];

    private readonly List<string> errors = [];

    public static EmbeddedOptions Read(IConfigurationSection section)
    {
        var reading = new EmbeddedConfiguration();
        var options = reading.Options(section);
        if (reading.errors.Count > 0) throw new HandlersConfigurationException(reading.errors);
        return options;
    }

    private EmbeddedOptions Options(IConfigurationSection section)
    {
        var options = new EmbeddedOptions();
        foreach (var entry in section.GetChildren())
        {
            switch (Known(entry, Keys))
            {
                case nameof(options.Folder): options.Folder = entry.Value ?? ""; break;
                case nameof(options.Partitions): options.Partitions = (int?)Number(entry, int.MaxValue) ?? options.Partitions; break;
                case nameof(options.Topics): Topics(entry, options); break;
                case nameof(options.LeaseTime): options.LeaseTime = Span(entry) ?? options.LeaseTime; break;
                case nameof(options.PollInterval): options.PollInterval = Span(entry) ?? options.PollInterval; break;
                case nameof(options.BusyTimeout): options.BusyTimeout = Span(entry) ?? options.BusyTimeout; break;
                case nameof(options.RetentionAge): options.RetentionAge = Span(entry); break;
                case nameof(options.RetentionBytes): options.RetentionBytes = Number(entry, long.MaxValue); break;
                case nameof(options.RetentionInterval): options.RetentionInterval = Span(entry) ?? options.RetentionInterval; break;
                case nameof(options.Durability): options.Durability = Word<Durability>(entry) ?? options.Durability; break;
                case nameof(options.OnLostPosition): options.OnLostPosition = Word<LostPosition>(entry) ?? options.OnLostPosition; break;
            }
        }

        return options;
    }

    private void Topics(IConfigurationSection section, EmbeddedOptions options)
    {
        foreach (var topic in section.GetChildren())
        {
            var own = options.Topics[topic.Key] = new EmbeddedTopicOptions();
            foreach (var entry in topic.GetChildren())
            {
                switch (Known(entry, TopicKeys))
                {
                    case nameof(own.Partitions): own.Partitions = (int?)Number(entry, int.MaxValue); break;
                    case nameof(own.RetentionAge): own.RetentionAge = Span(entry); break;
                    case nameof(own.RetentionBytes): own.RetentionBytes = Number(entry, long.MaxValue); break;
                }
            }
        }
    }

    private string? Known(IConfigurationSection entry, string[] keys)
    {
        var key = Array.Find(keys, k => string.Equals(k, entry.Key, StringComparison.OrdinalIgnoreCase));
        if (key is null) errors.Add($"Configuration {entry.Path} names no option.{Closest.Hint(entry.Key, keys)}");
        return key;
    }

    private long? Number(IConfigurationSection entry, long most)
    {
        if (long.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number) && number <= most) return number;
        errors.Add(string.Create(CultureInfo.InvariantCulture, $"{entry.Path} is '{entry.Value}'; a whole number up to {most} is allowed."));
        return null;
    }

    private TimeSpan? Span(IConfigurationSection entry)
    {
        if (Duration.TryParse(entry.Value, out var span)) return span;
        errors.Add($"{entry.Path} is '{entry.Value}', which is not {Duration.Allowed}.");
        return null;
    }

    private T? Word<T>(IConfigurationSection entry) where T : struct, Enum
    {
        foreach (var value in Enum.GetValues<T>())
            if (string.Equals(value.ToString(), entry.Value, StringComparison.OrdinalIgnoreCase)) return value;
        errors.Add($"{entry.Path} is '{entry.Value}'; allowed are {string.Join(", ", Enum.GetNames<T>())}.");
        return null;
    }
}
