using System.CommandLine;
using System.CommandLine.Parsing;
using Microsoft.Extensions.Configuration;

namespace Handlers.Tool;

/// <summary>
/// The options that say which broker: a short form, or sections <c>Kafka</c>, <c>Kinesis</c>, <c>Embedded</c> of configuration, as applications have them: of
/// appsettings.json in the working folder or the files that are named, of the environment, of <c>--set</c>.
/// </summary>
internal sealed class ConnectOptions
{
    private const string Appsettings = "appsettings.json";

    private readonly Option<string> kafka = new("--kafka") { Description = "A Kafka cluster: HOST:PORT,...", HelpName = "SERVERS" };
    private readonly Option<string> kinesis = new("--kinesis") { Description = "Kinesis: a region, or the URL of a service", HelpName = "REGION-OR-URL" };
    private readonly Option<string> embedded = new("--embedded") { Description = "The folder of an embedded log", HelpName = "FOLDER" };
    private readonly Option<string> section = new("--section") { Description = "The section of configuration that describes it, with --kafka, --kinesis or --embedded, where it has a name of its own", HelpName = "NAME" };
    private readonly Option<string[]> settings = new("--settings") { Description = $"A JSON file with that section. Default: {Appsettings} in the working folder, if there is one", HelpName = "FILE" };
    private readonly Option<string[]> set = new("--set") { Description = "One value of configuration, such as Kafka:security.protocol=SSL. Others see it (ps): secrets belong into the environment or a file", HelpName = "KEY=VALUE" };

    public void AddTo(Command command)
    {
        foreach (var option in (Option[])[kafka, kinesis, embedded, section, settings, set]) command.Options.Add(option);
    }

    /// <summary>Whether anything of them is there.</summary>
    public bool AreGiven(CommandResult given) =>
        ((Option<string>[])[kafka, kinesis, embedded, section]).Any(o => given.GetValue(o) is not null) || given.GetValue(settings) is { Length: > 0 } || given.GetValue(set) is { Length: > 0 };

    /// <summary>What is configured. Exactly one broker must be.</summary>
    public Connection Open(ParseResult parsed)
    {
        var configuration = Configuration(parsed);
        var given = ((BrokerKind Kind, string? Value)[])[(BrokerKind.Kafka, parsed.GetValue(kafka)), (BrokerKind.Kinesis, parsed.GetValue(kinesis)), (BrokerKind.Embedded, parsed.GetValue(embedded))];
        var chosen = given.Where(static g => g.Value is not null).Select(static g => g.Kind).ToList();
        if (chosen.Count > 1) throw ToolException.Usage($"{string.Join(" and ", chosen.Select(static c => $"--{Name(c)}"))} are different brokers: name one.");
        if (chosen.Count == 0) chosen = [.. given.Select(static g => g.Kind).Where(b => configuration.GetSection($"{b}").GetChildren().Any())];
        return chosen switch
        {
            [var one] => Connection.Open(one, configuration.GetSection(SectionOf(parsed, one))),
            [] => throw ToolException.Usage($"Which broker? Name it: --kafka HOST:PORT, --kinesis REGION or --embedded FOLDER; or configure a section Kafka, Kinesis or Embedded in {Appsettings}, in a file (--settings) or in the environment."),
            _ => throw ToolException.Usage($"There are several brokers, by the sections {string.Join(" and ", chosen)} of configuration. Name one: {string.Join(" or ", chosen.Select(static c => $"--{Name(c)}"))}."),
        };
    }

    private IConfiguration Configuration(ParseResult parsed)
    {
        var builder = new ConfigurationBuilder();
        var files = parsed.GetValue(settings) ?? [];
        if (files.Length == 0 && File.Exists(Appsettings)) files = [Appsettings];
        foreach (var file in files)
        {
            if (!File.Exists(file)) throw new ToolException($"There is no file {Path.GetFullPath(file)}, which --settings names.");
            builder.AddJsonFile(Path.GetFullPath(file));
        }

        builder.AddEnvironmentVariables();
        builder.AddInMemoryCollection((parsed.GetValue(set) ?? []).Select(Pair));
        builder.AddInMemoryCollection(Short(parsed));
        try
        {
            return builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new ToolException($"{e.Message} {e.InnerException?.Message}".TrimEnd());
        }
    }

    private IEnumerable<KeyValuePair<string, string?>> Short(ParseResult parsed)
    {
        if (parsed.GetValue(kafka) is { } servers) yield return new($"{SectionOf(parsed, BrokerKind.Kafka)}:bootstrap.servers", servers);
        if (parsed.GetValue(embedded) is { } folder) yield return new($"{SectionOf(parsed, BrokerKind.Embedded)}:Folder", folder);
        if (parsed.GetValue(kinesis) is { } where) yield return new($"{SectionOf(parsed, BrokerKind.Kinesis)}:{(where.Contains("://", StringComparison.Ordinal) ? "Endpoint" : "Region")}", where);
    }

    private string SectionOf(ParseResult parsed, BrokerKind broker) => parsed.GetValue(section) ?? $"{broker}";

    private static string Name(BrokerKind broker) => broker switch { BrokerKind.Kafka => "kafka", BrokerKind.Kinesis => "kinesis", _ => "embedded" };

    private static KeyValuePair<string, string?> Pair(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new(text[..at], text[(at + 1)..]) : throw ToolException.Usage("A --set is not KEY=VALUE."); // what it is may be a secret
    }
}
