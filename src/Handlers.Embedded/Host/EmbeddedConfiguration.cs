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

    private readonly ConfigurationValues values = new();

    public static EmbeddedOptions Read(IConfigurationSection section)
    {
        var reading = new EmbeddedConfiguration();
        var options = reading.Options(section);
        reading.values.ThrowIfWrong();
        return options;
    }

    private EmbeddedOptions Options(IConfigurationSection section)
    {
        var options = new EmbeddedOptions();
        foreach (var entry in section.GetChildren())
        {
            switch (values.Known(entry, Keys))
            {
                case nameof(options.Folder): options.Folder = entry.Value ?? ""; break;
                case nameof(options.Partitions): options.Partitions = (int?)values.Number(entry, int.MaxValue) ?? options.Partitions; break;
                case nameof(options.Topics): Topics(entry, options); break;
                case nameof(options.LeaseTime): options.LeaseTime = values.Span(entry) ?? options.LeaseTime; break;
                case nameof(options.PollInterval): options.PollInterval = values.Span(entry) ?? options.PollInterval; break;
                case nameof(options.BusyTimeout): options.BusyTimeout = values.Span(entry) ?? options.BusyTimeout; break;
                case nameof(options.RetentionAge): options.RetentionAge = values.Span(entry); break;
                case nameof(options.RetentionBytes): options.RetentionBytes = values.Number(entry); break;
                case nameof(options.RetentionInterval): options.RetentionInterval = values.Span(entry) ?? options.RetentionInterval; break;
                case nameof(options.Durability): options.Durability = values.Word<Durability>(entry) ?? options.Durability; break;
                case nameof(options.OnLostPosition): options.OnLostPosition = values.Word<LostPosition>(entry) ?? options.OnLostPosition; break;
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
                switch (values.Known(entry, TopicKeys))
                {
                    case nameof(own.Partitions): own.Partitions = (int?)values.Number(entry, int.MaxValue); break;
                    case nameof(own.RetentionAge): own.RetentionAge = values.Span(entry); break;
                    case nameof(own.RetentionBytes): own.RetentionBytes = values.Number(entry); break;
                }
            }
        }
    }
}
