namespace Handlers;

/// <summary>Whether handlers and their groups are named as <see cref="NamingRule"/> has it, by the names that configuration makes.</summary>
internal static class NamesCheck
{
    public static void Check(IReadOnlyList<CatalogHandler> handlers, List<string> errors)
    {
        foreach (var handler in handlers)
        {
            var (name, group) = (handler.Registration.Name, handler.Settings.Group!);
            if ((NamingRule.WhyNotGroup(group) ?? NamingRule.WhyNotName(name, group)) is { } why) errors.Add($"Handler '{name}' {why} Handlers:{nameof(HandlersOptions.CheckNames)} asks for it.");
        }
    }
}
