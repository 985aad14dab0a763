using Handlers.Generators.Model;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>
/// A handler of the assembly, with the places that rules about several handlers underline. The generator does not check these
/// rules: what they forbid is emitted all the same, and the core, which knows configuration, refuses to start with it.
/// </summary>
internal sealed record DeclaredHandler(HandlerModel Handler, Location? Topic, Location? Name)
{
    public static IEnumerable<Finding> Conflicts(IEnumerable<DeclaredHandler> declared)
    {
        var handlers = declared
            .OrderBy(d => d.Topic?.SourceTree?.FilePath, StringComparer.Ordinal)
            .ThenBy(d => d.Topic?.SourceSpan.Start)
            .ToArray();
        var shared = handlers.Where(d => d.Handler.Settings.Topic.Length > 0).GroupBy(d => (d.Handler.Settings.Topic, d.Handler.Settings.Group, Transport: d.Handler.Settings.Transport ?? "default"));
        foreach (var group in shared)
        {
            var first = group.First().Handler.Name;
            var name = group.Key.Group is { } text ? $"'{text}'" : "that is the application's name";
            foreach (var other in group.Skip(1)) yield return new Finding(Rules.SharedGroup, other.Topic, [other.Handler.Name, first, group.Key.Topic, name]);
        }

        // Sections of the configuration are compared without case.
        foreach (var group in handlers.GroupBy(d => d.Handler.Name, StringComparer.OrdinalIgnoreCase))
            foreach (var other in group.Skip(1)) yield return new Finding(Rules.DuplicateName, other.Name, [group.Key]);
    }
}
