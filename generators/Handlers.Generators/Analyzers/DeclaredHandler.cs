using Handlers.Generators.Model;
using Handlers.Generators.Parsing;
using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>
/// A handler of the assembly, with the places that rules about several handlers underline. The generator does not check these
/// rules: what they forbid is emitted all the same, and the core, which knows configuration, refuses to start with it.
/// </summary>
internal sealed record DeclaredHandler(HandlerModel Handler, AttributeData Attribute, Location? Topic, Location? Name)
{
    public SettingsModel Settings => Handler.Settings;

    public static IEnumerable<Finding> Conflicts(IEnumerable<DeclaredHandler> declared, CancellationToken stop)
    {
        var handlers = declared
            .OrderBy(d => d.Topic?.SourceTree?.FilePath, StringComparer.Ordinal)
            .ThenBy(d => d.Topic?.SourceSpan.Start)
            .ToArray();
        var shared = handlers.Where(d => d.Settings.Topic.Length > 0).GroupBy(d => d.Settings.Subscription).Where(g => g.Skip(1).Any());
        foreach (var finding in shared.SelectMany(g => SharingRules.Check([.. g], stop))) yield return finding;

        // Sections of the configuration are compared without case.
        foreach (var group in handlers.GroupBy(d => d.Handler.Name, StringComparer.OrdinalIgnoreCase))
            foreach (var other in group.Skip(1)) yield return new Finding(Rules.DuplicateName, other.Name, [group.Key]);
    }
}
