using System.CommandLine;
using System.Text.Json;
using Handlers.Kafka;
using Handlers.Kinesis;
using Microsoft.Extensions.Configuration;

namespace Handlers.Tool;

/// <summary>The options of <c>describe</c> for scripts, rights and policies.</summary>
internal sealed class RightsOptions
{
    private readonly Option<string> broker = new Option<string>("--broker") { Description = "With --topics and --asyncapi: kafka, kinesis or embedded, where the application references several", HelpName = "NAME" }.AcceptOnlyFromAmong("kafka", "kinesis", "embedded");
    private readonly Option<int?> partitions = new("--partitions") { Description = "With --topics: partitions or shards of each; else the broker's default", HelpName = "N" };
    private readonly Option<int?> replicas = new("--replicas") { Description = "With --topics: replicas of each; else the broker's default", HelpName = "N" };
    private readonly Option<string> principal = new("--principal") { Description = "With --acl: whom the rights are for, such as User:app", HelpName = "WHO", DefaultValueFactory = _ => Unknown };
    private readonly Option<bool> redrive = new("--redrive") { Description = "With --acl and --iam: the rights of a redrive of dead letters instead" };
    private readonly Option<bool> create = new("--create") { Description = "With --acl and --iam: the application makes what it reads where that is missing" };
    private readonly Option<string> region = new("--region") { Description = "With --iam: the region", HelpName = "NAME", DefaultValueFactory = _ => "*" };
    private readonly Option<string> account = new("--account") { Description = "With --iam: the account's number", HelpName = "ID", DefaultValueFactory = _ => "*" };
    private readonly Option<string> partition = new("--partition") { Description = "With --iam: aws, aws-cn or aws-us-gov", HelpName = "NAME", DefaultValueFactory = _ => "aws" };
    private readonly Option<string> key = new("--kms") { Description = "With --iam: the ARN of the key that the streams are encrypted with", HelpName = "ARN" };

    private const string Unknown = "User:CHANGE-ME";

    public void AddTo(Command command)
    {
        foreach (var option in new Option[] { broker, partitions, replicas, principal, redrive, create, region, account, partition, key }) command.Options.Add(option);
    }

    /// <summary>The broker that is named, else the only one that the application references.</summary>
    public string Broker(ParseResult parsed, Topology topology) => parsed.GetValue(broker) ?? (topology.Brokers is [var only] ? only : throw ToolException.Usage(topology.Brokers.Count == 0
        ? "The application references no broker of ours. Name one: --broker kafka, kinesis or embedded."
        : $"The application references {string.Join(" and ", topology.Brokers)}. Name one: --broker {topology.Brokers[0]}; and with --transport the handlers that it serves."));

    /// <summary>Whether it is Kafka, as far as anybody says.</summary>
    public bool IsKafka(ParseResult parsed, Topology topology) => (parsed.GetValue(broker) ?? (topology.Brokers is [var only] ? only : null)) == "kafka";

    public void Topics(ParseResult parsed, Topology topology, IConfiguration configuration, bool asJson, Screen screen)
    {
        if (parsed.GetValue(partitions) < 1 || parsed.GetValue(replicas) < 1) throw ToolException.Usage("--partitions and --replicas are numbers from 1 up.");
        var script = new TopicScript(Broker(parsed, topology), parsed.GetValue(partitions), parsed.GetValue(replicas));
        // Kinesis:Stream is the stream of the handlers' one topic, whatever that is called.
        if (script.Broker == TopicScript.Kinesis && KinesisConfiguration.Read(configuration.GetSection("Kinesis")).Stream is { } stream)
            topology = topology with { Handlers = [.. topology.Handlers.Select(h => h with { Settings = h.Settings with { Topic = stream } })] };
        if (asJson) screen.Json(script.Json(topology));
        else screen.Text(script.Write(topology));
    }

    public void Acl(ParseResult parsed, Topology topology, IConfiguration configuration, bool asJson, Screen screen)
    {
        var options = KafkaConfiguration.Read(configuration.GetSection("Kafka"));
        var acl = new KafkaAcl(options, parsed.GetValue(create) || options.CreateTopics is not null);
        var rights = parsed.GetValue(redrive) ? KafkaAcl.OfRedrive(topology) : acl.Of(topology);
        if (!parsed.GetValue(redrive))
            foreach (var note in acl.Notes(topology)) screen.Say("warning: " + note);
        if (asJson)
        {
            screen.Json(KafkaAcl.Json(rights));
            return;
        }

        var whom = parsed.GetRequiredValue(principal);
        if (whom == Unknown) screen.Say($"note: --principal says whom the rights are for; the script has {Unknown}.");
        screen.Text(KafkaAcl.Script(rights, whom, topology.Application));
    }

    public void Iam(ParseResult parsed, Topology topology, IConfiguration configuration, Screen screen)
    {
        var policy = new KinesisPolicy(KinesisConfiguration.Read(configuration.GetSection("Kinesis")))
        {
            Region = parsed.GetRequiredValue(region),
            Account = parsed.GetRequiredValue(account),
            Partition = parsed.GetRequiredValue(partition),
            Key = parsed.GetValue(key),
            Creates = parsed.GetValue(create),
        };
        var written = parsed.GetValue(redrive) ? policy.OfRedrive(topology) : policy.Of(topology);
        if (policy.Options is { Leases: null, CheckpointFolder: null }) screen.Say("note: nothing says where positions are kept. For leases in DynamoDB give --settings, or --set Kinesis:Leases:Table={group}.{topic}");
        var length = JsonSerializer.Serialize(written).Length;
        if (length > KinesisPolicy.Limit) screen.Say($"warning: the policy has {length} characters, and a managed one at most {KinesisPolicy.Limit}. Make one for each --transport, or an inline one of a role (10,240).");
        screen.Json(written);
    }
}
