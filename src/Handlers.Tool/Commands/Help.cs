using System.CommandLine;
using System.CommandLine.Help;
using System.CommandLine.Invocation;
using System.Text.RegularExpressions;

namespace Handlers.Tool;

/// <summary>Help as System.CommandLine writes it, with examples and exit codes behind it.</summary>
internal sealed partial class Help : SynchronousCommandLineAction
{
    private const string Done = "0 done, 1 an error or an interruption, 2 wrong usage";

    private static readonly Dictionary<string, Page> Pages = new()
    {
        ["handlers"] = new("0 done, 1 an error or something that is not complete, 2 wrong usage, 3 'diff' found what its --fail-on names",
            "handlers describe bin/Release/net10.0/App.dll", "handlers tail orders --kafka localhost:9092 --follow"),
        ["describe"] = new("0 done, 1 an error, or something that is wrong in the application or its settings, 2 wrong usage",
            "handlers describe bin/Release/net10.0/App.dll --settings appsettings.Production.json",
            "handlers describe bin/Release/net10.0/App.dll --asyncapi > asyncapi.json",
            "handlers describe bin/Release/net10.0/App.dll --topics --partitions 12 --replicas 3 > topics.sh",
            "handlers describe bin/Release/net10.0/App.dll --acl --principal User:app > acl.sh",
            "handlers describe bin/Release/net10.0/App.dll --iam --region eu-west-1 --account 123456789012 > policy.json",
            "handlers describe bin/Release/net10.0/App.dll --json --schemas > topology.json"),
        ["diff"] = new("0 nothing of the class that --fail-on names, 1 an error, or something that is wrong in one of the two, 2 wrong usage, 3 something of that class",
            "handlers diff main/App.dll bin/Release/net10.0/App.dll", "handlers diff topology.json bin/Release/net10.0/App.dll --fail-on breaking --json"),
        ["tail"] = new($"{Done}; --follow that is interrupted: 0",
            "handlers tail orders --kafka localhost:9092", "handlers tail orders --embedded ./data --from 2026-01-31T08:00:00+01:00 --json", "handlers tail orders --kinesis eu-west-1 --follow --key customer-7"),
        ["publish"] = new(Done,
            "handlers publish orders --kafka localhost:9092 --body '{\"id\":1}' --key customer-7 --header type=placed",
            "handlers publish orders --embedded ./data --ndjson window.ndjson", "handlers publish orders --embedded ./data --tombstone --key customer-7"),
        ["lag"] = new(Done, "handlers lag --group billing --topic orders --topic refunds --kafka localhost:9092 --json"),
        ["replay"] = new($"{Done}; with --into App.dll: the application's own",
            "handlers replay orders --kafka localhost:9092 --from 2026-01-31T00:00:00Z --to 2026-02-01T00:00:00Z --into window.ndjson",
            "handlers replay orders --kafka localhost:9092 --from 1200 --to 1300 --partition 0 --into-topic orders.test",
            "handlers replay orders --from earliest --into bin/Release/net10.0/App.dll --handler Billing.OnOrder"),
        ["redrive"] = new("0 all put back, 1 an error, an interruption, or letters that do not say where they came from, 2 wrong usage",
            "handlers redrive orders.dead --kafka localhost:9092 --dry-run", "handlers redrive orders.dead --kafka localhost:9092 --handler Billing.OnOrder --limit 10"),
    };

    private readonly HelpAction usual = new();

    public override bool ClearsParseErrors => true;

    /// <summary>What is shown as an example, of every command.</summary>
    public static IEnumerable<string> Examples => Pages.Values.SelectMany(static p => p.Examples);

    public override int Invoke(ParseResult parseResult)
    {
        var output = parseResult.InvocationConfiguration.Output;
        usual.Invoke(parseResult);
        var page = Pages[parseResult.CommandResult.Command.Name];
        output.WriteLine("Examples:");
        foreach (var example in page.Examples) output.WriteLine($"  {example}");
        output.WriteLine();
        output.WriteLine("Exit codes:");
        foreach (var code in NextCode().Split(page.ExitCodes)) output.WriteLine($"  {code}");
        output.WriteLine();
        return Handlers.Tool.ExitCodes.Done;
    }

    [GeneratedRegex(@", (?=\d )")]
    private static partial Regex NextCode();

    private sealed record Page(string ExitCodes, params string[] Examples);
}
