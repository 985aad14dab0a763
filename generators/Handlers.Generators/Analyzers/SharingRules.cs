using System.Globalization;
using Handlers.Generators.Model;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Handlers that share topic, group and transport differ by type of message, and agree on what belongs to topic and group.</summary>
internal static class SharingRules
{
    // The default of HandlerSettings, which may be written beside a handler that leaves it out.
    private const int DefaultConcurrency = 16;

    // What belongs to (topic, group): how it is written in the attribute, and what it comes to.
    private static readonly (string Property, Func<SettingsModel, string> Value)[] Common =
    [
        ("Ordering", s => s.EffectiveOrdering),
        ("Commit", s => s.EffectiveCommit),
        ("Concurrency", s => (s.Concurrency ?? DefaultConcurrency).ToString(CultureInfo.InvariantCulture)),
        ("TypeFrom", s => s.TypeFrom ?? "Header"),
        ("TypeName", s => s.TypeName ?? "the default"),
        ("OnUnmatched", s => s.OnUnmatched ?? "Skip"),
        ("Start", s => s.Start ?? "Default"),
        ("StartAt", s => s.StartAt is { } ticks ? new DateTime(ticks, DateTimeKind.Utc).ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture) : "none"),
    ];

    public static IEnumerable<Finding> Check(IReadOnlyList<DeclaredHandler> handlers, CancellationToken stop)
    {
        var untyped = handlers.Where(h => h.Settings.MessageType is null).ToArray();
        return untyped.Length > 0 ? Untyped(handlers, untyped) : SameType(handlers).Concat(Disagreements(handlers, stop));
    }

    // Each that has no type is in the way of all others. The first of them is not named twice.
    private static IEnumerable<Finding> Untyped(IReadOnlyList<DeclaredHandler> handlers, DeclaredHandler[] untyped)
    {
        foreach (var handler in untyped.Skip(untyped[0] == handlers[0] && untyped.Length > 1 ? 1 : 0))
        {
            var rival = handlers.First(h => h != handler);
            yield return new Finding(Rules.SharedGroup, handler.Topic, [handler.Handler.Name, rival.Handler.Name, handler.Settings.Topic, Group(handler)]);
        }
    }

    private static IEnumerable<Finding> SameType(IReadOnlyList<DeclaredHandler> handlers) =>
        from alike in handlers.GroupBy(h => h.Settings.MessageType, StringComparer.Ordinal)
        from other in alike.Skip(1)
        select new Finding(Rules.SameMessageType, other.Topic, [other.Handler.Name, alike.First().Handler.Name, alike.Key!, other.Settings.Topic, Group(other)]);

    private static IEnumerable<Finding> Disagreements(IReadOnlyList<DeclaredHandler> handlers, CancellationToken stop)
    {
        var first = handlers[0];
        foreach (var other in handlers.Skip(1))
        {
            foreach (var (property, value) in Common)
                if (value(first.Settings) != value(other.Settings))
                    yield return Disagree(property, value(first.Settings), value(other.Settings), Places.Argument(other.Attribute, property, stop, otherwise: Places.Argument(other.Attribute, "Preset", stop, otherwise: other.Topic)));

            // A message that nobody takes has one topic to go to.
            if (first.Settings.OnUnmatched == "DeadLetter" && other.Settings.OnUnmatched == "DeadLetter" && first.Settings.DeadLetter != other.Settings.DeadLetter)
                yield return Disagree("the topic of dead letters", $"'{first.Settings.DeadLetter}'", $"'{other.Settings.DeadLetter}'", Places.Argument(other.Attribute, "OnUnmatched", stop));

            Finding Disagree(string what, string of, string than, Location? where) =>
                new(Rules.Disagreement, where, [first.Handler.Name, other.Handler.Name, other.Settings.Topic, Group(other), what, of, than]);
        }
    }

    private static string Group(DeclaredHandler handler) => handler.Settings.Group is { } name ? $"'{name}'" : "that is the application's name";
}
