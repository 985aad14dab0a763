using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about dead letters.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor EmptyDeadLetter = new(
        "HND050", "The topic of dead letters is empty",
        "Handler '{0}' sends dead letters to a topic without a name. Write its name in [DeadLetter(\"...\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND050"));

    public static readonly DiagnosticDescriptor DeadLetterToItself = new(
        "HND051", "Dead letters go to the topic that the handler reads",
        "Handler '{0}' sends dead letters to '{1}', {2}, and so fails on the same messages without end. Name another topic.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND051"));

    public static readonly DiagnosticDescriptor NoDeadLetter = new(
        "HND052", "There is no topic for dead letters",
        "Handler '{0}' has {1} = DeadLetter, but nothing names the topic. Add [DeadLetter(\"topic\")].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND052"));

    public static readonly DiagnosticDescriptor DeadLetterUnused = new(
        "HND053", "[DeadLetter] has no effect",
        "Handler '{0}' has [DeadLetter], but OnInvalid = {1} and OnFailure = {2} send nothing there. Remove [DeadLetter], or one of them.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND053"));
}
