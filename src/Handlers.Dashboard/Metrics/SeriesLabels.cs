using System.Text;

namespace Handlers.Dashboard;

/// <summary>Labels as a text, without the braces, in the order of their names: the same set is the same text. Each list is written once: series of one lane share theirs.</summary>
internal sealed class SeriesLabels(string? without)
{
    private readonly Dictionary<object, string> known = new(ReferenceEqualityComparer.Instance);
    private readonly StringBuilder text = new(); // of the list at hand

    public string Of(IReadOnlyList<KeyValuePair<string, string>> all)
    {
        if (known.TryGetValue(all, out var before)) return before;
        text.Clear();
        foreach (var (name, value) in all.Where(l => l.Key != without).Select(static l => (Name: PrometheusNames.Label(l.Key), l.Value)).OrderBy(static l => l.Name, StringComparer.Ordinal).DistinctBy(static l => l.Name))
        {
            if (text.Length > 0) text.Append(',');
            text.Append(name).Append("=\"");
            foreach (var c in value)
                _ = c switch
                {
                    '\\' => text.Append("\\\\"),
                    '"' => text.Append("\\\""),
                    '\n' => text.Append("\\n"),
                    '\r' => text.Append(' '), // the format has no escape for it
                    _ => text.Append(c),
                };
            text.Append('"');
        }

        return known[all] = text.ToString();
    }
}
