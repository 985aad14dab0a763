using System.Globalization;

namespace Handlers.Dashboard.Tests.Prometheus;

/// <summary>One line with a value.</summary>
public sealed record Sample(string Name, IReadOnlyList<KeyValuePair<string, string>> Labels, double Value)
{
    public string? Label(string name) => Labels.FirstOrDefault(l => l.Key == name).Value;

    /// <summary>The labels but one, as a text that is the same for the same set.</summary>
    public string Key(string? without = null) => string.Join(',', Labels.Where(l => l.Key != without).OrderBy(l => l.Key, StringComparer.Ordinal).Select(l => $"{l.Key}={l.Value}"));
}

/// <summary>A metric with all its samples.</summary>
public sealed class Family(string name, string type, string help)
{
    private readonly List<Sample> samples = [];
    private readonly HashSet<(string Name, string Labels)> seen = [];

    public string Name { get; } = name;

    public string Type { get; } = type;

    public string Help { get; } = help;

    public IReadOnlyList<Sample> Samples => samples;

    public void Add(Sample sample)
    {
        var suffix = sample.Name.StartsWith(Name, StringComparison.Ordinal) ? sample.Name[Name.Length..] : null;
        if (Type == "histogram" ? suffix is not ("_bucket" or "_sum" or "_count") : suffix != "") throw new FormatException($"a sample of {sample.Name} among those of {Name}");
        if (Type == "histogram" && suffix == "_bucket" != sample.Label("le") is not null) throw new FormatException("buckets have a label le, and nothing else has");
        if (!seen.Add((sample.Name, sample.Key()))) throw new FormatException("the series is there twice");
        if (Type == "counter" && !(sample.Value >= 0)) throw new FormatException("a counter below zero");
        samples.Add(sample);
    }

    /// <summary>What holds for all samples together.</summary>
    public void Check()
    {
        if (samples.Count == 0) throw new FormatException($"{Name} has no sample");
        if (Type == "counter" && !Name.EndsWith("_total", StringComparison.Ordinal)) throw new FormatException($"counter {Name} does not end with _total");
        if (Type != "histogram") return;
        foreach (var series in samples.GroupBy(s => s.Key("le")))
        {
            var buckets = series.Where(s => s.Name.EndsWith("_bucket", StringComparison.Ordinal)).Select(s => (Le: Bound(s.Label("le")!), s.Value)).ToList();
            var count = series.Where(s => s.Name == Name + "_count").ToList();
            if (count.Count != 1 || series.Count(s => s.Name == Name + "_sum") != 1) throw new FormatException($"{Name}{{{series.Key}}} lacks _sum or _count");
            if (buckets.Count == 0 || !double.IsPositiveInfinity(buckets[^1].Le)) throw new FormatException($"{Name}{{{series.Key}}} does not end with +Inf");
            if (buckets[^1].Value != count[0].Value) throw new FormatException($"{Name}{{{series.Key}}}: the bucket +Inf is not _count");
            foreach (var (below, above) in buckets.Zip(buckets.Skip(1)))
            {
                if (!(below.Le < above.Le)) throw new FormatException($"{Name}{{{series.Key}}}: buckets do not ascend");
                if (below.Value > above.Value) throw new FormatException($"{Name}{{{series.Key}}}: buckets are not added up");
            }
        }
    }

    private static double Bound(string le) => le == "+Inf" ? double.PositiveInfinity
        : double.TryParse(le, NumberStyles.Float, CultureInfo.InvariantCulture, out var bound) ? bound : throw new FormatException($"'{le}' is no bound");
}
