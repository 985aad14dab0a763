namespace Handlers.Generators.Model;

/// <summary>A type of message, and the handler that takes it.</summary>
/// <param name="Type">As messages say it.</param>
/// <param name="Identity">The handler's method.</param>
/// <param name="Handler">The handler's name.</param>
internal sealed record TypeCase(string Type, string Identity, string Handler);

/// <summary>The types that handlers of one topic, group and transport take: one emitted switch.</summary>
/// <param name="Class">The name of the emitted class.</param>
/// <param name="Topic">The topic.</param>
/// <param name="Group">The group; null: the application's name.</param>
/// <param name="Cases">By type. The place of a case is what the switch returns for it.</param>
internal sealed record TypeSet(string Class, string Topic, string? Group, EquatableArray<TypeCase> Cases);

/// <summary>Where a handler's registration finds its switch, and what that returns for it.</summary>
internal sealed record TypePlace(string Class, int Index);

/// <summary>All sets of the assembly. Compares by them.</summary>
internal sealed class TypeSets : IEquatable<TypeSets>
{
    private readonly Dictionary<string, TypePlace> places = new(StringComparer.Ordinal);

    public TypeSets(IEnumerable<HandlerModel> handlers)
    {
        All = handlers
            .Where(h => h is { Errors.Count: 0, Settings.MessageType: not null })
            .GroupBy(h => h.Settings.Subscription)
            .Select(g => new TypeSet(Name(g.Key), g.Key.Topic, g.Key.Group, Cases(g)))
            .OrderBy(s => s.Class, StringComparer.Ordinal)
            .ToEquatableArray();
        foreach (var set in All)
            for (var i = 0; i < set.Cases.Count; i++) places[set.Cases[i].Identity] = new TypePlace(set.Class, i);
    }

    public EquatableArray<TypeSet> All { get; }

    /// <summary>Null for a handler that takes every type.</summary>
    public TypePlace? Of(HandlerModel handler) => places.Count > 0 && places.TryGetValue(handler.Identity, out var place) ? place : null;

    public bool Equals(TypeSets? other) => other is not null && All.Equals(other.All);

    public override bool Equals(object? obj) => Equals(obj as TypeSets);

    public override int GetHashCode() => All.GetHashCode();

    private static EquatableArray<TypeCase> Cases(IEnumerable<HandlerModel> handlers) => handlers
        .Select(h => new TypeCase(h.Settings.MessageType!, h.Identity, h.Name))
        .OrderBy(c => c.Type, StringComparer.Ordinal).ThenBy(c => c.Identity, StringComparer.Ordinal)
        .ToEquatableArray();

    // Readable first, and then a number that keeps apart what is spelled alike.
    private static string Name((string Topic, string? Group, string Transport) of) =>
        $"Types_{Spelled(of.Topic)}{Spelled(of.Group is null ? "" : "_" + of.Group)}_{StableNumber.Of($"{of.Topic}\n{of.Group}\n{of.Transport}\n{of.Group is null}")}";

    private static string Spelled(string name) => new([.. name.Take(60).Select(c => c < 128 && char.IsLetterOrDigit(c) ? c : '_')]);
}
