using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>A rule about names, for those who switch it on.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor Names = new(
        "HND068", "Names do not follow the rule",
        "Handler '{0}' {1}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: false, helpLinkUri: Page("HND068"));
}
