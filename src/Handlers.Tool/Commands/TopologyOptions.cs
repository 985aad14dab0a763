using System.CommandLine;
using Microsoft.Extensions.Configuration;

namespace Handlers.Tool;

/// <summary>The options of every command that reads an application: what it is configured with, which says what counts there.</summary>
internal sealed class TopologyOptions
{
    private readonly Option<string[]> settings = new("--settings") { Description = "A JSON file of configuration, such as appsettings.Production.json: what it overrides counts. May be there several times; later ones win", HelpName = "FILE" };
    private readonly Option<string[]> set = new("--set") { Description = "One value of configuration, such as Handlers:Alerts.OnEarthquake:Group=alerts", HelpName = "KEY=VALUE" };
    private readonly Option<string> application = new("--application") { Description = "The application's name, which groups have that nobody named; else the assembly's", HelpName = "NAME" };

    public void AddTo(Command command)
    {
        command.Options.Add(settings);
        command.Options.Add(set);
        command.Options.Add(application);
    }

    /// <summary>Whether anything of configuration is given.</summary>
    public bool IsGiven(ParseResult parsed) => parsed.GetValue(settings) is { Length: > 0 } || parsed.GetValue(set) is { Length: > 0 } || parsed.GetValue(application) is not null;

    /// <summary>What is given, and nothing of the environment of whoever runs the tool: the same arguments say the same everywhere.</summary>
    public IConfiguration Configuration(ParseResult parsed)
    {
        var builder = new ConfigurationBuilder();
        foreach (var file in parsed.GetValue(settings) ?? [])
        {
            if (!File.Exists(file)) throw new ToolException($"There is no file {Path.GetFullPath(file)}, which --settings names.");
            builder.AddJsonFile(Path.GetFullPath(file));
        }

        builder.AddInMemoryCollection((parsed.GetValue(set) ?? []).Select(Pair));
        try
        {
            return builder.Build();
        }
        catch (InvalidDataException e)
        {
            throw new ToolException($"{e.Message} {e.InnerException?.Message}".TrimEnd());
        }
    }

    /// <summary>The application with the settings that count; what is wrong with them is said on the screen.</summary>
    public Topology Read(string file, ParseResult parsed, Screen screen, bool withSchemas, out bool isWrong)
    {
        var read = TopologyReader.Read(new FileInfo(file), parsed.GetValue(application));
        var warnings = read.Warnings.ToList();
        if (withSchemas && !read.IsFromJson) read = read with { Topology = SchemaReader.Add(read.Topology, new FileInfo(file), warnings) };
        if (withSchemas && read.Topology.Schemas is null) warnings.Add($"{file} was written without --schemas: what JSON looks like is not in it.");
        foreach (var warning in warnings) screen.Say("warning: " + warning);
        var errors = new List<string>();
        // What `describe --json` wrote has its settings already; other ones replace them.
        var effective = read.IsFromJson && !IsGiven(parsed) ? read.Topology : Effective.Apply(read.Topology, Configuration(parsed), errors);
        StartCheck.Check(effective, errors);
        foreach (var error in errors) screen.Say("error: " + error);
        foreach (var handler in effective.Handlers.Where(h => h.Errors.Count > 0))
            screen.Say($"error: Handler '{handler.Name}' could not be made: {string.Join(", ", handler.Errors)}. The application refuses to start with it.");
        isWrong = errors.Count > 0 || effective.Handlers.Any(h => h.Errors.Count > 0);
        return effective;
    }

    private static KeyValuePair<string, string?> Pair(string text)
    {
        var at = text.IndexOf('=', StringComparison.Ordinal);
        return at > 0 ? new(text[..at], text[(at + 1)..]) : throw ToolException.Usage("A --set is not KEY=VALUE."); // what it is may be a secret
    }
}
