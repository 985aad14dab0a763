using System.Text.Json.Nodes;
using Handlers.Kinesis;

namespace Handlers.Tool;

/// <summary>
/// The least rights that an application needs at Kinesis, and at DynamoDB where leases are there: a policy of IAM. The actions are those that
/// Handlers.Kinesis calls; a test holds each of its calls to being here.
/// </summary>
internal sealed record KinesisPolicy(KinesisOptions Options)
{
    /// <summary>Of a managed policy, in characters without white space.</summary>
    public const int Limit = 6144;

    public required string Region { get; init; }

    public required string Account { get; init; }

    /// <summary><c>aws</c>, <c>aws-cn</c>, <c>aws-us-gov</c>.</summary>
    public required string Partition { get; init; }

    /// <summary>The key that the streams are encrypted with; null: none of one's own.</summary>
    public string? Key { get; init; }

    /// <summary>Whether the application makes streams that are missing.</summary>
    public bool Creates { get; init; }

    /// <summary>Rights of the application.</summary>
    public JsonObject Of(Topology topology)
    {
        var handlers = Handlers(topology);
        return Of(
            [.. handlers.SelectMany(h => h.RetryTopics.Prepend(h.Settings.Topic).Select(t => new StreamRead(Options.Stream ?? t, h.Settings.Group!)))],
            [.. handlers.SelectMany(h => h.RetryTopics.Append(h.Settings.DeadLetter).Append(h.Settings.PublishTo)).OfType<string>()],
            Creates || Options.CreateStreams is not null);
    }

    /// <summary>Rights of whoever puts dead letters back. What a filter has is behind the group's name.</summary>
    public JsonObject OfRedrive(Topology topology)
    {
        var handlers = Handlers(topology).FindAll(static h => h.Settings.DeadLetter is not null);
        return Of([.. handlers.Select(static h => new StreamRead(h.Settings.DeadLetter!, RedriveRun.GroupOf(new RedriveOptions()) + "*"))], [.. handlers.Select(h => Options.Stream ?? h.Settings.Topic)], creates: false);
    }

    private static List<TopologyHandler> Handlers(Topology topology) => topology.Running.FirstOrDefault(static h => TopicPattern.IsPattern(h.Settings.Topic)) is { } patterned
        ? throw new ToolException($"Handler '{patterned.Name}' reads the topics that '{patterned.Settings.Topic}' matches: Kinesis has no patterns of streams.")
        : [.. topology.Running];

    private JsonObject Of(IReadOnlyCollection<StreamRead> reads, IReadOnlyCollection<string> writes, bool creates)
    {
        var read = reads.Select(r => Stream(r.Stream)).ToList();
        var written = writes.Select(Stream).ToList();
        var consumers = reads.Select(r => $"{Stream(r.Stream)}/consumer/{Options.ConsumerName ?? r.Group}:*").ToList();
        var tables = Options.Leases is { } leases ? reads.Select(r => $"arn:{Partition}:dynamodb:{Region}:{Account}:table/{leases.TableFor(r.Group, r.Stream)}").ToList() : [];
        var isFanOut = Options.Reads == KinesisReads.FanOut;
        string[] lists = ["kinesis:DescribeStreamSummary", "kinesis:ListShards"];
        JsonObject?[] statements =
        [
            Statement("Read", isFanOut ? lists : [.. lists, "kinesis:GetShardIterator", "kinesis:GetRecords"], read),
            isFanOut ? Statement("FanOut", ["kinesis:RegisterStreamConsumer"], read) : null,
            isFanOut ? Statement("FanOutRead", ["kinesis:DescribeStreamConsumer", "kinesis:SubscribeToShard"], consumers) : null,
            Statement("Write", ["kinesis:PutRecords"], written),
            creates ? Statement("Make", ["kinesis:CreateStream"], read) : null,
            Statement("Leases", ["dynamodb:DescribeTable", "dynamodb:Scan", "dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem"], tables),
            Statement("MakeLeases", ["dynamodb:CreateTable"], tables),
            Key is { } key ? Statement("Keys", written.Count > 0 ? ["kms:Decrypt", "kms:GenerateDataKey"] : ["kms:Decrypt"], [key]) : null,
        ];
        return new JsonObject { ["Version"] = "2012-10-17", ["Statement"] = new JsonArray([.. statements.OfType<JsonObject>()]) };
    }

    private string Stream(string stream) => $"arn:{Partition}:kinesis:{Region}:{Account}:stream/{stream}";

    private static JsonObject? Statement(string sid, string[] actions, IEnumerable<string> resources)
    {
        var sorted = resources.Distinct().Order(StringComparer.Ordinal).ToList();
        return sorted.Count == 0 ? null : new JsonObject
        {
            ["Sid"] = sid,
            ["Effect"] = "Allow",
            ["Action"] = new JsonArray([.. actions.Select(a => (JsonNode)a)]),
            ["Resource"] = new JsonArray([.. sorted.Select(r => (JsonNode)r)]),
        };
    }

    /// <summary>A stream, and the group that reads it.</summary>
    private readonly record struct StreamRead(string Stream, string Group);
}
