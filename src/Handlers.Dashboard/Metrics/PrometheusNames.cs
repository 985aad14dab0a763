using System.Text;

namespace Handlers.Dashboard;

/// <summary>Names as Prometheus has them: a unit at the end, <c>_total</c> behind it for counters, and only letters that it takes.</summary>
internal static class PrometheusNames
{
    /// <summary><c>messaging.process.duration</c> in <c>s</c> is <c>messaging_process_duration_seconds</c>. Nothing is there twice.</summary>
    public static string Of(MetricFamily family)
    {
        var name = Allowed(family.Name, colons: true);
        var unit = Unit(family);
        var isTotal = family.Kind == MetricKind.Counter;
        if (isTotal && name.EndsWith("_total", StringComparison.Ordinal)) name = name[..^"_total".Length];
        if (unit.Length > 0 && name != unit && !name.EndsWith('_' + unit, StringComparison.Ordinal)) name += '_' + unit;
        return isTotal ? name + "_total" : name;
    }

    /// <summary>A label's name. What begins with two underscores is Prometheus' own, so it gets a word before it.</summary>
    public static string Label(string name)
    {
        var label = Allowed(name, colons: false);
        return label.StartsWith("__", StringComparison.Ordinal) ? "label" + label : label;
    }

    /// <summary>What stands in braces is only a remark in UCUM, so it is no unit. <c>1</c> of a gauge is a ratio, as collectors name it.</summary>
    private static string Unit(MetricFamily family) => family.Unit switch
    {
        "" => "",
        ['{', .., '}'] => "",
        "s" => "seconds",
        "ms" => "milliseconds",
        "By" => "bytes",
        "%" => "percent",
        "1" => family.Kind == MetricKind.Gauge ? "ratio" : "",
        var other => Allowed(other, colons: false).Trim('_'),
    };

    private static string Allowed(string name, bool colons)
    {
        var allowed = new StringBuilder(name.Length + 1);
        foreach (var c in name) allowed.Append(char.IsAsciiLetterOrDigit(c) || (colons && c == ':') ? c : '_');
        if (allowed.Length == 0 || char.IsAsciiDigit(allowed[0])) allowed.Insert(0, '_');
        return allowed.ToString();
    }
}
