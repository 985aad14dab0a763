using Handlers.Generators.Parsing;

namespace Handlers.Generators.Analyzers;

/// <summary>
/// Names as <see cref="NamingRule"/> has them. The generator, which does not know whether that is switched on, emits the handler all the same, and
/// the core checks what configuration makes of it.
/// </summary>
internal static class NameRules
{
    public static IEnumerable<Finding> Check(DeclaredHandler declared, CancellationToken stop)
    {
        // A group that is left out is the application's name, which only the application knows.
        if (declared.Settings.Group is not { } group || string.IsNullOrWhiteSpace(group)) yield break;
        var name = declared.Handler.Name;
        if (NamingRule.WhyNotGroup(group) is { } why)
            yield return new Finding(Rules.Names, Places.Argument(declared.Attribute, "Group", stop), [name, why]);
        else if (NamingRule.WhyNotName(name, group) is { } whyNot)
            yield return new Finding(Rules.Names, declared.Name, [name, whyNot]) { Subject = NamingRule.Wanted(group) };
    }
}
