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

    /// <summary>The settings of librdkafka without a dot. It has more such names, but those are pointers, and are not set by text.</summary>
    private static readonly string[] Undotted = ["acks", "debug", "log_level", "partitioner", "retries"];

    private static readonly string Dotted = $" librdkafka's own settings have dots in their names, but for {string.Join(", ", Undotted)}.";

    private readonly ConfigurationValues values = new();

    public static KafkaOptions Read(IConfigurationSection section)
    {
        var reading = new KafkaConfiguration();
        var options = reading.Options(section);
        reading.values.ThrowIfWrong();
        return options;
    }

    private KafkaOptions Options(IConfigurationSection section)
    {
        var options = new KafkaOptions();
        foreach (var entry in section.GetChildren())
        {
            // librdkafka's own names have dots (but for a few), ours have none; whether it has such a setting it says itself.
            if (Setting(entry.Key) is { } setting)
            {
                options.Settings[setting] = entry.Value ?? "";
                continue;
            }

            switch (values.Known(entry, Keys, Dotted))
            {
                case nameof(options.Servers): options.Servers = entry.Value; break;
                case nameof(options.Start): options.Start = values.Word<StartFrom>(entry) ?? options.Start; break;
                case nameof(options.CreateTopics): options.CreateTopics = Topics(entry); break;
                case nameof(options.Reads): options.Reads = values.Word<KafkaReads>(entry) ?? options.Reads; break;
                case nameof(options.OnLostPosition): options.OnLostPosition = values.Word<KafkaLostPosition>(entry) ?? options.OnLostPosition; break;
                case nameof(options.PrefetchBytes): options.PrefetchBytes = values.Number(entry) ?? options.PrefetchBytes; break;
                case nameof(options.CallTimeout): options.CallTimeout = values.Span(entry) ?? options.CallTimeout; break;
                case nameof(options.RebalanceTimeout): options.RebalanceTimeout = values.Span(entry) ?? options.RebalanceTimeout; break;
                case nameof(options.TransactionalId): options.TransactionalId = entry.Value; break;
                case "Consumer": foreach (var own in entry.GetChildren()) options.ConsumerSettings[own.Key] = own.Value ?? ""; break;
                case "Producer": foreach (var own in entry.GetChildren()) options.ProducerSettings[own.Key] = own.Value ?? ""; break;
            }
        }

        return options;
    }

    private static string? Setting(string key) => key.Contains('.', StringComparison.Ordinal) ? key : Undotted.FirstOrDefault(name => name.Equals(key, StringComparison.OrdinalIgnoreCase));

    private KafkaTopicDefaults? Topics(IConfigurationSection section)
    {
        if (section.Value is { } word)
        {
            if (bool.TryParse(word, out var make)) return make ? new KafkaTopicDefaults() : null;
            values.Add($"{section.Path} is '{word}'; true and false are allowed, or Partitions and Replicas under it.");
        }

        var topics = new KafkaTopicDefaults();
        foreach (var entry in section.GetChildren())
        {
            switch (values.Known(entry, TopicKeys, Dotted))
            {
                case nameof(topics.Partitions): topics = topics with { Partitions = (int)Math.Clamp(values.Number(entry) ?? -1, -1, int.MaxValue) }; break;
                case nameof(topics.Replicas): topics = topics with { Replicas = (short)Math.Clamp(values.Number(entry) ?? -1, -1, short.MaxValue) }; break;
            }
        }

        return topics;
    }
}
