using System.Globalization;

namespace Handlers.Kafka;

/// <summary>What options may be. Each error names the option and what is allowed.</summary>
internal static class KafkaOptionsCheck
{
    public static void Check(KafkaOptions options)
    {
        var errors = Errors(options).ToList();
        if (errors.Count > 0) throw new HandlersConfigurationException(errors);
    }

    private static IEnumerable<string> Errors(KafkaOptions options)
    {
        if (string.IsNullOrWhiteSpace(options.Servers)) yield return "Kafka: bootstrap.servers is missing. Name the brokers to ask first, such as localhost:9092.";
        foreach (var settings in new[] { options.Settings, options.ConsumerSettings, options.ProducerSettings })
        {
            foreach (var name in settings.Keys)
            {
                if (ClientConfigs.Fixed.ContainsKey(name)) yield return $"Kafka: '{name}' cannot be set: the runtime commits the watermark itself. {Instead(name)}";
                if (name == "transactional.id") yield return "Kafka: 'transactional.id' cannot be set: each group with Commit = Transaction has its own. Set TransactionalId to say what this process adds to it.";
                if (name == "group.id") yield return "Kafka: 'group.id' cannot be set: the handler names its group, [StreamHandler(\"topic\", Group = \"...\")].";
            }
        }

        if (options.Start is StartFrom.Default or StartFrom.Time || !Enum.IsDefined(options.Start)) yield return "Kafka: Start must be Earliest or Latest; a handler may name a time.";
        if (!Enum.IsDefined(options.Reads)) yield return Text($"Kafka: Reads is {(int)options.Reads}; allowed are Automatic, Queues and Consume.");
        if (!Enum.IsDefined(options.OnLostPosition)) yield return Text($"Kafka: OnLostPosition is {(int)options.OnLostPosition}; allowed are Fail, Earliest and Latest.");
        if (options.TransactionalId is { } id && string.IsNullOrWhiteSpace(id)) yield return "Kafka: TransactionalId is empty. Leave it out, or give each process its own.";
        if (options.PrefetchBytes < 1 << 20) yield return Text($"Kafka: PrefetchBytes is {options.PrefetchBytes}; at least 1 MB is needed.");
        foreach (var (name, value) in new[] { (nameof(options.CallTimeout), options.CallTimeout), (nameof(options.RebalanceTimeout), options.RebalanceTimeout) })
            if (value < TimeSpan.FromMilliseconds(100) || value > TimeSpan.FromHours(1)) yield return Text($"Kafka: {name} is {value}; allowed are 0.1 s to 1 h.");
        if (ClientConfigs.MaxPollInterval(options) is { } most && options.RebalanceTimeout >= most)
            yield return Text($"Kafka: RebalanceTimeout is {options.RebalanceTimeout}; it must be less than max.poll.interval.ms, which is {most.TotalMilliseconds:0}: the group goes on without a member that is silent for so long.");
        if (options.CreateTopics is { Partitions: < 1 and not -1 } make) yield return Text($"Kafka: CreateTopics:Partitions is {make.Partitions}; allowed are 1 and more, or -1 for the broker's default.");
        if (options.CreateTopics is { Replicas: < 1 and not -1 } copies) yield return Text($"Kafka: CreateTopics:Replicas is {copies.Replicas}; allowed are 1 and more, or -1 for the broker's default.");
    }

    private static string Instead(string name) => name switch
    {
        "auto.offset.reset" => "Say where a group begins by Start, and what becomes of a position that is gone by OnLostPosition.",
        _ => "Say when by [StreamHandler(..., Commit = ...)] and Handlers:CommitInterval.",
    };

    private static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
