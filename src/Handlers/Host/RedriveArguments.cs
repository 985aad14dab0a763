using System.Globalization;

namespace Handlers;

/// <summary>The arguments behind <c>redrive</c>, read by hand: three outcomes, of which exactly one is there.</summary>
internal sealed record RedriveArguments
{
    private const string HelpOption = "--help";
    private const string DryRunOption = "--dry-run";

    /// <summary>Options with a value: what it says when it is not understood, and what it sets.</summary>
    private static readonly Dictionary<string, (string Allowed, Func<RedriveOptions, string, RedriveOptions?> Set)> Valued = new(StringComparer.Ordinal)
    {
        ["--to"] = ("a topic", (o, v) => o with { To = v }),
        ["--group"] = ("a group", (o, v) => o with { Group = v }),
        ["--handler"] = ("a handler's name", (o, v) => o with { Handler = v }),
        ["--since"] = ("a time in ISO 8601 (2026-01-31T00:00:00Z)", (o, v) => SettingsOverrides.Moment(v, out var at) ? o with { Since = at } : null),
        ["--limit"] = ("a whole number from 1 up", (o, v) => long.TryParse(v, NumberStyles.None, CultureInfo.InvariantCulture, out var n) && n > 0 ? o with { Limit = n } : null),
        ["--transport"] = ("a transport's name", (o, v) => o with { Transport = v }),
        ["--read-as"] = ("a group", (o, v) => o with { ReadAs = v }),
    };

    /// <summary>The dead letters.</summary>
    public string? Topic { get; private init; }

    /// <summary>The options.</summary>
    public RedriveOptions Options { get; private init; } = new();

    /// <summary>Whether help is asked for.</summary>
    public bool WantsHelp { get; private init; }

    /// <summary>What is wrong.</summary>
    public string? Error { get; private init; }

    public static RedriveArguments Parse(IReadOnlyList<string> arguments)
    {
        if (arguments.Any(static a => a is HelpOption or "-h" or "-?")) return new() { WantsHelp = true };
        var options = new RedriveOptions();
        string? topic = null;
        var seen = new HashSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < arguments.Count; i++)
        {
            if (!arguments[i].StartsWith('-'))
            {
                if (topic is not null) return Wrong($"There are two topics, '{topic}' and '{arguments[i]}'. Redrive them one after the other.");
                topic = arguments[i];
                continue;
            }

            var (name, value) = Split(arguments[i]);
            if (!seen.Add(name)) return Wrong($"{name} is there twice.");
            if (name == DryRunOption && value is null)
            {
                options = options with { DryRun = true };
                continue;
            }

            if (name == DryRunOption) return Wrong($"{name} takes no value.");
            if (!Valued.TryGetValue(name, out var option)) return Wrong($"There is no option {name}.{Closest.Hint(name, Valued.Keys.Append(DryRunOption).Append(HelpOption))}");
            value ??= ++i < arguments.Count ? arguments[i] : null;
            if (string.IsNullOrWhiteSpace(value) || value.StartsWith("--", StringComparison.Ordinal)) return Wrong($"{name} takes {option.Allowed}.");
            if (option.Set(options, value) is not { } changed) return Wrong($"{name} is '{value}', which is not {option.Allowed}.");
            options = changed;
        }

        return string.IsNullOrWhiteSpace(topic) ? Wrong("Name the topic of the dead letters.") : new() { Topic = topic, Options = options };
    }

    private static (string Name, string? Value) Split(string argument) =>
        argument.Split('=', 2) is [var name, var value] ? (name, value) : (argument, null);

    private static RedriveArguments Wrong(string error) => new() { Error = error };
}
