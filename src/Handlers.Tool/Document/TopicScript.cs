using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;

namespace Handlers.Tool;

/// <summary>A script that makes the topics of an application: those that it reads, its retry topics, its dead letters and its outputs.</summary>
/// <param name="Broker"><c>kafka</c>, <c>kinesis</c> or <c>embedded</c>.</param>
/// <param name="Partitions">Of each topic; null: the broker's default.</param>
/// <param name="Replicas">Of each topic, on Kafka; null: the broker's default.</param>
internal sealed record TopicScript(string Broker, int? Partitions, int? Replicas)
{
    private const string Kafka = "kafka";
    public const string Kinesis = "kinesis";

    public string Write(Topology topology)
    {
        var script = new StringBuilder();
        Line("#!/bin/sh");
        Line(ShellText.Comment($"The topics of {topology.Application}. Written by 'handlers describe --topics'."));
        foreach (var note in Notes()) Line(ShellText.Comment(note));
        if (Broker != "embedded") Line("set -eu");
        foreach (var topic in TopicUse.Of(topology)) Make(topic);
        return script.ToString();

        void Line(string line) => script.Append(line).Append('\n');

        void Make(TopicUse topic)
        {
            Line("");
            Line(ShellText.Comment($"{string.Join(", ", topic.Roles.Select(r => r.ToText()))}{(topic.Transport == StreamHandlerAttribute.DefaultTransport ? "" : $", transport {topic.Transport}")}"));
            Line(topic.IsPattern ? ShellText.Comment($"{topic.Name} is a pattern of topics: whoever writes them makes them") : Command(topic.Name));
        }
    }

    public JsonNode Json(Topology topology) => new JsonArray([.. TopicUse.Of(topology).Where(t => !t.IsPattern).Select(t => (JsonNode)SettingsText.Compact(new JsonObject
    {
        ["name"] = t.Name,
        ["transport"] = t.Transport,
        ["roles"] = new JsonArray([.. t.Roles.Select(r => (JsonNode)r.ToText())]),
        ["partitions"] = Partitions,
        ["replicas"] = Broker == Kafka ? Replicas : null,
    }))]);

    private IEnumerable<string> Notes()
    {
        switch (Broker)
        {
            case Kafka:
                yield return "BOOTSTRAP=host:9092 says where; KAFKA_TOPICS is the program, where it is not kafka-topics.sh on the PATH.";
                yield return "The runtime's own CreateTopics makes what handlers read and retry topics, and never dead letters and outputs.";
                break;
            case Kinesis:
                yield return "AWS's command line finds region and credentials by itself; AWS is the program, where it is not aws on the PATH.";
                yield return Partitions is null ? "Streams are made on demand; --partitions gives them a number of shards." : "A retry topic waits in its stream: it needs fewer shards than its source.";
                break;
            default:
                yield return "The embedded log makes its topics itself, with the first message or reader.";
                break;
        }
    }

    private string Command(string topic)
    {
        var name = ShellText.Quote(topic);
        return Broker switch
        {
            // With =, as a name may begin with a dash.
            Kafka => $"\"${{KAFKA_TOPICS:-kafka-topics.sh}}\" --bootstrap-server \"$BOOTSTRAP\" --create --if-not-exists --topic={name}{Option("--partitions", Partitions)}{Option("--replication-factor", Replicas)}",
            // No more than five streams may be in the making at a time, so each is waited for.
            Kinesis => $"\"${{AWS:-aws}}\" kinesis describe-stream-summary --stream-name={name} >/dev/null 2>&1 || {{ \"${{AWS:-aws}}\" kinesis create-stream --stream-name={name} " +
                (Partitions is { } shards ? $"--shard-count={shards.ToString(CultureInfo.InvariantCulture)}" : "--stream-mode-details=StreamMode=ON_DEMAND") +
                $" && \"${{AWS:-aws}}\" kinesis wait stream-exists --stream-name={name}; }}",
            _ => ShellText.Comment(topic),
        };
    }

    private static string Option(string name, int? value) => value is { } number ? string.Create(CultureInfo.InvariantCulture, $" {name} {number}") : "";
}
