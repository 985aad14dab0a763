namespace Handlers;

/// <summary>
/// The labels of one series, put together once: as the meter takes them, and as they are read. Equal where they say the same in the same order.
/// </summary>
internal sealed class MetricLabels : IEquatable<MetricLabels>
{
    private readonly int hash; // a call that is timed looks its series up by it
    private IReadOnlyList<KeyValuePair<string, string>>? text;

    public MetricLabels(params KeyValuePair<string, object?>[] tags)
    {
        Tags = tags;
        var all = new HashCode();
        foreach (var (name, value) in tags)
        {
            all.Add(name);
            all.Add(value);
        }

        hash = all.ToHashCode();
    }

    /// <summary>For the meter. Nobody writes to it.</summary>
    public KeyValuePair<string, object?>[] Tags { get; }

    /// <summary>For who reads: the same list each time.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Text => text ??= [.. Tags.Select(static t => KeyValuePair.Create(t.Key, t.Value as string ?? $"{t.Value}"))];

    /// <summary>These, and more behind them.</summary>
    public MetricLabels With(params ReadOnlySpan<KeyValuePair<string, object?>> more) => new([.. Tags, .. more]);

    /// <summary>These, but one.</summary>
    public MetricLabels Without(string name) => new([.. Tags.Where(t => t.Key != name)]);

    /// <summary>Whether they are the given ones, or those and more behind them.</summary>
    public bool BeginWith(MetricLabels first)
    {
        if (Tags.Length < first.Tags.Length) return false;
        for (var i = first.Tags.Length - 1; i >= 0; i--) // what tells lanes apart is at the end
            if (Tags[i].Key != first.Tags[i].Key || !Equals(Tags[i].Value, first.Tags[i].Value)) return false;
        return true;
    }

    public bool Equals(MetricLabels? other) => ReferenceEquals(this, other) || (other is not null && hash == other.hash && Tags.Length == other.Tags.Length && BeginWith(other));

    public override bool Equals(object? obj) => Equals(obj as MetricLabels);

    public override int GetHashCode() => hash;
}
