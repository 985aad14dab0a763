using System.Text;
using System.Text.Json.Nodes;
using Handlers.Kafka;

namespace Handlers.Tool;

/// <summary>
/// The least rights that an application needs at Kafka. Read and Write of a topic or a group imply Describe, which listing partitions, offsets and
/// coordinators needs; an idempotent producer needs nothing more from brokers 2.8 on.
/// </summary>
/// <param name="Options">What the application's configuration says of Kafka.</param>
/// <param name="Creates">Whether the application makes what it reads where that is missing.</param>
internal sealed record KafkaAcl(KafkaOptions Options, bool Creates)
{
    private static readonly string RedriveGroups = RedriveRun.GroupOf(new RedriveOptions());

    /// <summary>Rights of the application, each once.</summary>
    /// <exception cref="ToolException">A pattern begins with nothing certain: every topic would have to be granted.</exception>
    public IReadOnlyList<Right> Of(Topology topology) => Distinct(topology.Running.SelectMany(Of));

    /// <summary>Rights of whoever puts dead letters back.</summary>
    public static IReadOnlyList<Right> OfRedrive(Topology topology) => Distinct(topology.Running.Where(h => h.Settings.DeadLetter is not null).SelectMany(h => new[]
    {
        new Right(RightOf.Topic, h.Settings.DeadLetter!, false, "Read", "reads dead letters"),
        OnTopic(h, "Write", "puts dead letters back"),
        new Right(RightOf.Group, RedriveGroups, true, "Read", "keeps the position in dead letters"),
    }));

    /// <summary>What a person should know of these rights.</summary>
    public IEnumerable<string> Notes(Topology topology)
    {
        var groups = topology.Running.Select(h => h.Settings.Group!).Distinct().ToList();
        foreach (var transactional in topology.Running.Where(h => h.Settings.Commit == Commit.Transaction && TransactionalId() is null).Select(h => h.Settings.Group!).Distinct())
            foreach (var other in groups.Where(g => g.StartsWith(transactional + "-", StringComparison.Ordinal)))
                yield return $"The transactional ids of group '{other}' begin as those of group '{transactional}', whose right covers them too. Set Kafka:TransactionalId, or name one of the groups otherwise.";
    }

    public static string Script(IReadOnlyList<Right> rights, string principal, string application)
    {
        var script = new StringBuilder();
        script.Append("#!/bin/sh\n").Append(ShellText.Comment($"What {application} may do at Kafka, and no more. Written by 'handlers describe --acl'.")).Append('\n');
        script.Append("# BOOTSTRAP=host:9092 says where; KAFKA_ACLS is the program, where it is not kafka-acls.sh on the PATH.\n");
        script.Append("# Brokers before 2.8 ask an idempotent producer for IdempotentWrite on the cluster as well.\nset -eu\n");
        foreach (var right in rights)
        {
            script.Append('\n').Append(ShellText.Comment(right.Why)).Append('\n');
            script.Append($"\"${{KAFKA_ACLS:-kafka-acls.sh}}\" --bootstrap-server \"$BOOTSTRAP\" --add --allow-principal={ShellText.Quote(principal)} --operation {right.Operation} {Option(right.Resource)}={ShellText.Quote(right.Name)} --resource-pattern-type {Pattern(right)}\n");
        }

        return script.ToString();
    }

    public static JsonNode Json(IReadOnlyList<Right> rights) => new JsonArray([.. rights.Select(r => (JsonNode)new JsonObject
    {
        ["resource"] = r.Resource.ToString(),
        ["name"] = r.Name,
        ["pattern"] = Pattern(r),
        ["operation"] = r.Operation,
        ["why"] = r.Why,
    })]);

    private IEnumerable<Right> Of(TopologyHandler handler)
    {
        var (settings, group) = (handler.Settings, handler.Settings.Group!);
        yield return OnTopic(handler, "Read", "reads messages");
        yield return new(RightOf.Group, group, false, "Read", "joins the group and commits its position");
        if (Creates && !TopicPattern.IsPattern(settings.Topic)) yield return new(RightOf.Topic, settings.Topic, false, "Create", "is made where it is missing");
        foreach (var retry in handler.RetryTopics)
        {
            yield return new(RightOf.Topic, retry, false, "Read", "reads what is tried again");
            yield return new(RightOf.Topic, retry, false, "Write", "publishes what is tried again");
            if (Creates) yield return new(RightOf.Topic, retry, false, "Create", "is made where it is missing");
        }

        if (settings.DeadLetter is { } dead) yield return new(RightOf.Topic, dead, false, "Write", "publishes dead letters");
        if (settings.PublishTo is { } output) yield return new(RightOf.Topic, output, false, "Write", "publishes results");
        if (settings.Commit == Commit.Transaction)
            yield return TransactionalId() is { } id
                ? new(RightOf.TransactionalId, $"{group}-{id}", false, "Write", "commits results and positions together")
                : new(RightOf.TransactionalId, group + "-", true, "Write", "commits results and positions together");
    }

    // As ClientConfigs.TransactionalId makes it: where nothing is set, a number that is new at each start.
    private string? TransactionalId() => Options.TransactionalId
        ?? (Options.ConsumerSettings.TryGetValue("group.instance.id", out var own) || Options.Settings.TryGetValue("group.instance.id", out own) ? own : null);

    private static Right OnTopic(TopologyHandler handler, string operation, string why)
    {
        var topic = handler.Settings.Topic;
        if (!TopicPattern.IsPattern(topic)) return new(RightOf.Topic, topic, false, operation, why);
        var head = Head(topic);
        return head.Length > 0 ? new(RightOf.Topic, head, true, operation, $"{why} of {topic}") : throw new ToolException(
            $"Handler '{handler.Name}' reads the topics that '{topic}' matches, whose names begin with nothing certain: it would need a right to every topic. Write a pattern that begins with a name, or give it the right by hand.");
    }

    /// <summary>How every name that the pattern matches begins: what stands before the first character that means something.</summary>
    internal static string Head(string pattern)
    {
        var head = new StringBuilder();
        if (HasAlternatives(pattern)) return "";
        for (var i = 1; i < pattern.Length; i++)
        {
            var c = pattern[i];
            var isEscaped = c == '\\' && i + 1 < pattern.Length && !char.IsLetterOrDigit(pattern[i + 1]);
            if (isEscaped) c = pattern[++i];
            else if (!char.IsLetterOrDigit(c) && c is not ('-' or '_')) break;
            // What may be left out or comes often is no certain part.
            if (i + 1 < pattern.Length && pattern[i + 1] is '?' or '*' or '{') break;
            head.Append(c);
        }

        return head.ToString();
    }

    // Outside of brackets: inside of them it is behind the head.
    private static bool HasAlternatives(string pattern)
    {
        var depth = 0;
        for (var i = 0; i < pattern.Length; i++)
        {
            if (pattern[i] == '\\') i++;
            else if (pattern[i] is '(' or '[') depth++;
            else if (pattern[i] is ')' or ']') depth--;
            else if (pattern[i] == '|' && depth == 0) return true;
        }

        return false;
    }

    private static IReadOnlyList<Right> Distinct(IEnumerable<Right> rights) =>
    [
        .. rights.DistinctBy(r => (r.Resource, r.Name, r.IsPrefix, r.Operation))
            .OrderBy(r => r.Resource).ThenBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Operation, StringComparer.Ordinal),
    ];

    private static string Pattern(Right right) => right.IsPrefix ? "prefixed" : "literal";

    private static string Option(RightOf resource) => resource switch { RightOf.Topic => "--topic", RightOf.Group => "--group", _ => "--transactional-id" };
}
