using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Handlers.Kafka;

/// <summary>Reads options from configuration by hand: no reflection, and no key that is silently ignored.</summary>
internal sealed class KafkaConfiguration
{
    private static readonly string[] Keys =
    [
        nameof(KafkaOptions.Servers), nameof(KafkaOptions.Start), nameof(KafkaOptions.CreateTopics), nameof(KafkaOptions.Reads), nameof(KafkaOptions.OnLostPosition),
        nameof(KafkaOptions.PrefetchBytes), nameof(KafkaOptions.CallTimeout), nameof(KafkaOptions.RebalanceTimeout), nameof(KafkaOptions.TransactionalId), "Consumer", "Producer",
    ];

    private static readonly string[] TopicKeys = [nameof(KafkaTopicDefaults.Partitions), nameof(KafkaTopicDefaults.Replicas)];

    private readonly List<string> errors = [];

    public static KafkaOptions Read(IConfigurationSection section)
    {
        var reading = new KafkaConfiguration();
        var options = reading.Options(section);
        if (reading.errors.Count > 0) throw new HandlersConfigurationException(reading.errors);
        return options;
    }

    private KafkaOptions Options(IConfigurationSection section)
    {
        var options = new KafkaOptions();
        foreach (var entry in section.GetChildren())
        {
            // librdkafka's own names have dots (but for "debug" and "partitioner"), ours have none; whether it has such a setting it says itself.
            if (IsSetting(entry.Key))
            {
                options.Settings[entry.Key] = entry.Value ?? "";
                continue;
            }

            switch (Known(entry, Keys))
            {
                case nameof(options.Servers): options.Servers = entry.Value; break;
                case nameof(options.Start): options.Start = Word<StartFrom>(entry) ?? options.Start; break;
                case nameof(options.CreateTopics): options.CreateTopics = Topics(entry); break;
                case nameof(options.Reads): options.Reads = Word<KafkaReads>(entry) ?? options.Reads; break;
                case nameof(options.OnLostPosition): options.OnLostPosition = Word<KafkaLostPosition>(entry) ?? options.OnLostPosition; break;
                case nameof(options.PrefetchBytes): options.PrefetchBytes = Number(entry) ?? options.PrefetchBytes; break;
                case nameof(options.CallTimeout): options.CallTimeout = Span(entry) ?? options.CallTimeout; break;
                case nameof(options.RebalanceTimeout): options.RebalanceTimeout = Span(entry) ?? options.RebalanceTimeout; break;
                case nameof(options.TransactionalId): options.TransactionalId = entry.Value; break;
                case "Consumer": foreach (var setting in entry.GetChildren()) options.ConsumerSettings[setting.Key] = setting.Value ?? ""; break;
                case "Producer": foreach (var setting in entry.GetChildren()) options.ProducerSettings[setting.Key] = setting.Value ?? ""; break;
            }
        }

        return options;
    }

    private static bool IsSetting(string key) => key.Contains('.', StringComparison.Ordinal) || key is "debug" or "partitioner";

    private KafkaTopicDefaults? Topics(IConfigurationSection section)
    {
        if (section.Value is { } word)
        {
            if (bool.TryParse(word, out var make)) return make ? new KafkaTopicDefaults() : null;
            errors.Add($"{section.Path} is '{word}'; true and false are allowed, or Partitions and Replicas under it.");
        }

        var topics = new KafkaTopicDefaults();
        foreach (var entry in section.GetChildren())
        {
            switch (Known(entry, TopicKeys))
            {
                case nameof(topics.Partitions): topics = topics with { Partitions = (int)Math.Clamp(Number(entry) ?? -1, -1, int.MaxValue) }; break;
                case nameof(topics.Replicas): topics = topics with { Replicas = (short)Math.Clamp(Number(entry) ?? -1, -1, short.MaxValue) }; break;
            }
        }

        return topics;
    }

    private string? Known(IConfigurationSection entry, string[] keys)
    {
        var key = Array.Find(keys, k => string.Equals(k, entry.Key, StringComparison.OrdinalIgnoreCase));
        if (key is null) errors.Add($"Configuration {entry.Path} names no option.{Closest.Hint(entry.Key, keys)} librdkafka's own settings have dots in their names.");
        return key;
    }

    private long? Number(IConfigurationSection entry)
    {
        if (long.TryParse(entry.Value, NumberStyles.Integer, CultureInfo.InvariantCulture, out var number)) return number;
        errors.Add($"{entry.Path} is '{entry.Value}'; a whole number is allowed.");
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
