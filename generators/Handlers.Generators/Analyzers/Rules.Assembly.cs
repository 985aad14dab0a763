using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about what handlers are to each other, and marks that nothing reads.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor SharedGroup = new(
        "HND019", "Two handlers share topic, group and transport",
        "Handlers '{0}' and '{1}' both read '{2}' in the group {3}, and each message goes to one of them only. Give one of them a Group of its own, or each a MessageType.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND019"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor DuplicateName = new(
        "HND020", "Two handlers have the same name",
        "Two handlers are named '{0}', so configuration, logs and metrics cannot tell them apart. Give one of them another Name.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND020"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor SingletonWithoutHandlers = new(
        "HND031", "[SingletonHandler] has no effect",
        "[SingletonHandler] has no effect on '{0}', which has no handlers that are instance methods. Remove it.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND031"));

    public static readonly DiagnosticDescriptor AttributeWithoutHandler = new(
        "HND032", "The attribute has no effect without [StreamHandler]",
        "[{1}] has no effect on '{0}', which is no handler. Mark the method with [StreamHandler(\"topic\")], or remove it.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND032"));

    public static readonly DiagnosticDescriptor ReferenceWithoutModule = new(
        "HND037", "A referenced assembly's handlers were not generated",
        "The referenced assembly '{0}' has handlers but was built without the generator of Handlers, so they cannot be registered. Build it with the Handlers package and its analyzers.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND037"), customTags: WellKnownDiagnosticTags.CompilationEnd);
}
