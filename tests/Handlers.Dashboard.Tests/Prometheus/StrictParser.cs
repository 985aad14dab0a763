using System.Globalization;
using System.Text;

namespace Handlers.Dashboard.Tests.Prometheus;

/// <summary>
/// Reads Prometheus' text format 0.0.4 as its specification has it, and throws at whatever that forbids or leaves to luck. Written from the
/// specification and not from our writer.
/// </summary>
public static class StrictParser
{
    /// <exception cref="FormatException">It names the line and the rule.</exception>
    public static IReadOnlyList<Family> Parse(string text)
    {
        if (text.Length == 0) return [];
        if (text.Contains('\r', StringComparison.Ordinal)) throw new FormatException("there is a carriage return; lines end with a line feed");
        if (text[^1] != '\n') throw new FormatException("the last line does not end with a line feed");
        var families = new List<Family>();
        Family? current = null;
        string? help = null; // of a family whose TYPE is still to come
        string? helpOf = null;
        var number = 0;
        foreach (var line in text[..^1].Split('\n'))
        {
            number++;
            try
            {
                if (line.StartsWith("# HELP ", StringComparison.Ordinal))
                {
                    if (helpOf is not null) throw new FormatException($"HELP of {helpOf} has no TYPE behind it");
                    (helpOf, help) = Help(line["# HELP ".Length..]);
                    if (families.Any(f => f.Name == helpOf)) throw new FormatException($"family {helpOf} comes back");
                }
                else if (line.StartsWith("# TYPE ", StringComparison.Ordinal))
                {
                    current = Type(line["# TYPE ".Length..], help);
                    if (helpOf != current.Name) throw new FormatException($"TYPE of {current.Name} has no HELP before it");
                    if (families.Any(f => f.Name == current.Name)) throw new FormatException($"family {current.Name} comes back");
                    families.Add(current);
                    (help, helpOf) = (null, null);
                }
                else if (line.Length == 0)
                {
                    throw new FormatException("the line is empty");
                }
                else if (line[0] == '#')
                {
                    throw new FormatException("a comment that is neither HELP nor TYPE");
                }
                else
                {
                    if (current is null || helpOf is not null) throw new FormatException("a sample before its TYPE");
                    current.Add(Sample(line));
                }
            }
            catch (FormatException e)
            {
                throw new FormatException($"line {number}: {e.Message}: {line}", e);
            }
        }

        if (helpOf is not null) throw new FormatException($"HELP of {helpOf} has no TYPE behind it");
        foreach (var family in families) family.Check();
        return families;
    }

    private static (string Name, string Help) Help(string rest)
    {
        var space = rest.IndexOf(' ', StringComparison.Ordinal);
        if (space < 0) throw new FormatException("HELP without a text");
        return (Name(rest[..space]), Unescape(rest[(space + 1)..], quotes: false));
    }

    private static Family Type(string rest, string? help)
    {
        if (rest.Split(' ') is not [var name, var type]) throw new FormatException("TYPE has a name and a type");
        if (type is not ("counter" or "gauge" or "histogram" or "summary" or "untyped")) throw new FormatException($"there is no type '{type}'");
        return new Family(Name(name), type, help ?? "");
    }

    private static Sample Sample(string line)
    {
        var at = 0;
        while (at < line.Length && line[at] is not ('{' or ' ')) at++;
        var name = Name(line[..at]);
        var labels = new List<KeyValuePair<string, string>>();
        if (at < line.Length && line[at] == '{')
        {
            at++;
            while (at < line.Length && line[at] != '}')
            {
                var equals = line.IndexOf('=', at);
                if (equals < 0 || equals + 1 >= line.Length || line[equals + 1] != '"') throw new FormatException("a label is name=\"value\"");
                var label = Label(line[at..equals]);
                var end = equals + 2;
                while (end < line.Length && line[end] != '"') end += line[end] == '\\' ? 2 : 1;
                if (end >= line.Length) throw new FormatException("a label's value has no end");
                if (labels.Any(l => l.Key == label)) throw new FormatException($"label {label} is there twice");
                labels.Add(new(label, Unescape(line[(equals + 2)..end], quotes: true)));
                at = end + 1;
                if (at < line.Length && line[at] == ',')
                {
                    at++;
                    if (at >= line.Length || line[at] == '}') throw new FormatException("a comma with no label behind it");
                }
                else if (at >= line.Length || line[at] != '}')
                {
                    throw new FormatException("labels are parted by commas");
                }
            }

            if (at >= line.Length) throw new FormatException("labels have no end");
            if (labels.Count == 0) throw new FormatException("braces without a label");
            at++;
        }

        if (at >= line.Length || line[at] != ' ') throw new FormatException("one space stands before the value");
        return new Sample(name, labels, Value(line[(at + 1)..]));
    }

    private static string Name(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c is '_' or ':')
        ? name : throw new FormatException($"'{name}' is no name of a metric");

    private static string Label(string name) => name.Length > 0 && !char.IsAsciiDigit(name[0]) && name.All(static c => char.IsAsciiLetterOrDigit(c) || c == '_') && !name.StartsWith("__", StringComparison.Ordinal)
        ? name : throw new FormatException($"'{name}' is no name of a label");

    private static double Value(string text) => text switch
    {
        "+Inf" => double.PositiveInfinity,
        "-Inf" => double.NegativeInfinity,
        "NaN" => double.NaN,
        _ => text.Length > 0 && text.All(static c => char.IsAsciiDigit(c) || c is '.' or '-' or '+' or 'e' or 'E')
            && double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var value) && double.IsFinite(value)
            ? value : throw new FormatException($"'{text}' is no value (a timestamp is none either)"),
    };

    private static string Unescape(string text, bool quotes)
    {
        var plain = new StringBuilder();
        for (var i = 0; i < text.Length; i++)
        {
            if (text[i] != '\\')
            {
                plain.Append(text[i]);
                continue;
            }

            if (++i >= text.Length) throw new FormatException("a backslash with nothing behind it");
            plain.Append(text[i] switch
            {
                '\\' => '\\',
                'n' => '\n',
                '"' when quotes => '"',
                var other => throw new FormatException($"there is no escape \\{other} here"),
            });
        }

        return plain.ToString();
    }
}
