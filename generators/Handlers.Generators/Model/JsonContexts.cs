namespace Handlers.Generators.Model;

/// <summary>All JSON contexts that emitted code may name, by the types that they know. Compares by its contexts.</summary>
internal sealed class JsonContexts : IEquatable<JsonContexts>
{
    private readonly EquatableArray<JsonContextModel> contexts;
    private readonly Dictionary<string, List<JsonContextModel>> byType = new(StringComparer.Ordinal);

    public JsonContexts(IEnumerable<JsonContextModel> contexts)
    {
        // Own contexts first: they say how this assembly reads, whatever a library does. A partial context comes once per part.
        this.contexts = contexts.Distinct().OrderBy(c => !c.IsOwn).ThenBy(c => c.Type, StringComparer.Ordinal).ToEquatableArray();
        foreach (var context in this.contexts)
        {
            foreach (var type in context.Types)
            {
                if (!byType.TryGetValue(type, out var found)) byType.Add(type, found = []);
                if (!found.Contains(context)) found.Add(context);
            }
        }
    }

    /// <summary>The context to which a missing type is best added; null where the assembly has none.</summary>
    public string? Own => contexts.FirstOrDefault(c => c.IsOwn)?.Type;

    /// <summary>The contexts that know a type, the one to use first. Referenced ones count only where no own one knows it.</summary>
    public IReadOnlyList<string> Of(string type)
    {
        if (!byType.TryGetValue(type, out var found)) return [];
        return [.. found.Where(c => c.IsOwn == found[0].IsOwn).Select(c => c.Type)];
    }

    public bool Equals(JsonContexts? other) => other is not null && contexts.Equals(other.contexts);

    public override bool Equals(object? obj) => Equals(obj as JsonContexts);

    public override int GetHashCode() => contexts.GetHashCode();
}
