using System.CommandLine;

namespace Handlers.Tool;

/// <summary><c>handlers describe App.dll</c>: what an application handles, as a table for people or as a document for others.</summary>
internal static class DescribeCommand
{
    public static Command Create(Screen screen)
    {
        var file = new Argument<string>("assembly") { Description = "The application's built assembly, such as bin/Release/net10.0/App.dll, or a file that --json wrote" };
        var json = new Option<bool>("--json") { Description = "All of it as JSON, for scripts, and as the baseline of 'handlers diff'; with --topics and --acl: those as JSON" };
        var topics = new Option<bool>("--topics") { Description = "A shell script that makes its topics, dead letters and retry topics among them" };
        var acl = new Option<bool>("--acl") { Description = "A shell script that grants the least rights it needs at Kafka" };
        var iam = new Option<bool>("--iam") { Description = "A policy of IAM with the least rights it needs at Kinesis and DynamoDB" };
        var asyncApi = new Option<bool>("--asyncapi") { Description = "A document of AsyncAPI 3.0 with the JSON Schemas of its payloads" };
        var schemas = new Option<bool>("--schemas") { Description = "With --json: with the JSON Schemas of payloads, which 'handlers diff' compares" };
        var transport = new Option<string>("--transport") { Description = "Only handlers of this transport, where an application has several", HelpName = "NAME" };
        var (options, rights) = (new TopologyOptions(), new RightsOptions());
        var command = new Command("describe", "Shows what an application handles, read from its assembly without running it.") { file, json, schemas, asyncApi, topics, acl, iam, transport };
        options.AddTo(command);
        rights.AddTo(command);
        command.Validators.Add(given =>
        {
            if (new[] { asyncApi, topics, acl, iam }.Count(given.GetValue) > 1) given.AddError("--asyncapi, --topics, --acl and --iam are different documents: ask for one at a time.");
            if (given.GetValue(schemas) && !given.GetValue(json)) given.AddError("--schemas goes with --json.");
        });
        command.SetAction(parsed =>
        {
            var topology = options.Read(parsed.GetRequiredValue(file), parsed, screen, parsed.GetValue(schemas) || parsed.GetValue(asyncApi), out var isWrong);
            if (parsed.GetValue(transport) is { } only) topology = Only(topology, only);
            var asJson = parsed.GetValue(json);
            if (new[] { topics, acl, iam }.Any(parsed.GetValue) && topology.Running.Select(h => h.Settings.Transport).Distinct().ToList() is { Count: > 1 } several)
                screen.Say($"note: this is for the handlers of {string.Join(" and ", several.Order(StringComparer.Ordinal).Select(t => $"'{t}'"))} together; --transport gives those of one.");
            if (parsed.GetValue(asyncApi)) screen.Json(AsyncApiDocument.Write(topology, rights.IsKafka(parsed, topology)));
            else if (parsed.GetValue(topics)) rights.Topics(parsed, topology, options.Configuration(parsed), asJson, screen);
            else if (parsed.GetValue(acl)) rights.Acl(parsed, topology, options.Configuration(parsed), asJson, screen);
            else if (parsed.GetValue(iam)) rights.Iam(parsed, topology, options.Configuration(parsed), screen);
            else if (asJson) screen.Json(TopologyJson.Write(topology));
            else TopologyTable.Show(topology, screen);
            return isWrong ? ExitCodes.Error : ExitCodes.Done;
        });
        return command;
    }

    private static Topology Only(Topology topology, string transport)
    {
        var handlers = topology.Handlers.Where(h => h.Settings.Transport == transport).ToList();
        return handlers.Count > 0 ? topology with { Handlers = handlers } : throw ToolException.Usage($"No handler has transport '{transport}'.{Closest.Hint(transport, topology.Handlers.Select(h => h.Settings.Transport))}");
    }
}
