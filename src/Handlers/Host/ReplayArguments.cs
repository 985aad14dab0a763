namespace Handlers;

/// <summary>The arguments behind <c>replay</c>, read by hand: three outcomes, of which exactly one is there.</summary>
internal sealed record ReplayArguments
{
    private const string Earliest = "earliest";
    private const string HelpOption = "--help";
    private const string PublishOption = "--publish";
    private const string Place = "earliest, a time in ISO 8601 (2026-01-31T00:00:00Z), or a position of one --partition";

    private static readonly string[] Valued = ["--from", "--to", "--partition", "--handler", "--transport"];
    private static readonly string[] Repeated = ["--partition", "--handler"];

    /// <summary>What is replayed.</summary>
    public ReplayWindow? Window { get; private init; }

    /// <summary>The handlers that get it. None: all that read the topic.</summary>
    public IReadOnlyList<string> Handlers { get; private init; } = [];

    /// <summary>The transport. Null: that of the handlers.</summary>
    public string? Transport { get; private init; }

    /// <summary>Whether what handlers publish is published.</summary>
    public bool Publishes { get; private init; }

    /// <summary>Whether help is asked for.</summary>
    public bool WantsHelp { get; private init; }

    /// <summary>What is wrong.</summary>
    public string? Error { get; private init; }

    public static ReplayArguments Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(static a => a is HelpOption or "-h" or "-?")) return new() { WantsHelp = true };
        string? topic = null;
        var values = new List<(string Name, string Value)>();
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith('-'))
            {
                if (topic is not null) return Wrong($"There are two topics, '{topic}' and '{arguments[i]}'. Replay them one after the other.");
                topic = arguments[i];
                continue;
            }

            var (name, value) = arguments[i].Split('=', 2) is [var before, var behind] ? (before, behind) : (arguments[i], null);
            if (values.Any(v => v.Name == name) && !Repeated.Contains(name)) return Wrong($"{name} is there twice.");
            if (name == PublishOption && value is not null) return Wrong($"{name} takes no value.");
            if (name == PublishOption)
            {
                values.Add((name, ""));
                continue;
            }

            if (!Valued.Contains(name)) return Wrong($"There is no option {name}.{Closest.Hint(name, Valued.Append(PublishOption).Append(HelpOption))}");
            value ??= ++i < arguments.Count ? arguments[i] : null;
            if (string.IsNullOrWhiteSpace(value) || value.StartsWith("--", StringComparison.Ordinal)) return Wrong($"{name} takes a value.");
            values.Add((name, value));
        }

        return string.IsNullOrWhiteSpace(topic) ? Wrong("Name the topic.") : Of(topic, values);
    }

    private static ReplayArguments Of(string topic, List<(string Name, string Value)> values)
    {
        List<string> partitions = [.. All("--partition")];
        if (One("--from") is not { } from) return Wrong($"Say where to begin: --from {Earliest}, for example.");
        if (Read(from) is not { } begin) return Wrong($"--from is '{from}', which is not {Place}.");
        var window = new ReplayWindow(topic, begin.Position is { } first ? StartPosition.Including(first) : begin.Time is { } since ? StartPosition.At(since) : StartPosition.Earliest) { Partitions = partitions };
        if (One("--to") is { } to)
        {
            if (Read(to) is not { } end || end is (null, null)) return Wrong($"--to is '{to}', which is not a time in ISO 8601 (2026-01-31T00:00:00Z), or a position of one --partition.");
            if (begin.Position > end.Position || begin.Time >= end.Time) return Wrong($"Nothing is between --from {from} and --to {to}.");
            window = window with { Before = end.Time, To = end.Position };
        }

        if ((window.From.After is not null || window.To is not null) && partitions.Count != 1) return Wrong("A position is of one partition: name it with --partition.");
        return new() { Window = window, Handlers = [.. All("--handler")], Transport = One("--transport"), Publishes = values.Any(static v => v.Name == PublishOption) };

        IEnumerable<string> All(string name) => values.Where(v => v.Name == name).Select(static v => v.Value);

        string? One(string name) => All(name).FirstOrDefault();
    }

    /// <summary>Neither a position nor a time: the earliest. Null: it is none of them.</summary>
    private static (Position? Position, DateTimeOffset? Time)? Read(string text) =>
        text == Earliest ? (null, null) : Position.TryParse(text, out var position) ? (position, null) : SettingsOverrides.Moment(text, out var time) ? (null, time) : null;

    private static ReplayArguments Wrong(string error) => new() { Error = error };
}
