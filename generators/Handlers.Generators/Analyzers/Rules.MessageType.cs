using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about handlers that share a topic and a group.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor NoMessageType = new(
        "HND063", "It has no effect without a MessageType",
        "Handler '{0}' sets {1}, which has no effect without a MessageType. Write the MessageType that the handler takes, or remove {1}.",
        Category, DiagnosticSeverity.Warning, isEnabledByDefault: true, helpLinkUri: Page("HND063"));

    public static readonly DiagnosticDescriptor SameMessageType = new(
        "HND064", "Two handlers take the same type of message",
        "Handlers '{0}' and '{1}' both take messages of type '{2}' of topic '{3}' in the group {4}, and each message goes to one of them only. Give one of them another MessageType or a Group of its own.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND064"), customTags: WellKnownDiagnosticTags.CompilationEnd);

    public static readonly DiagnosticDescriptor Disagreement = new(
        "HND065", "Handlers of one topic and group disagree",
        "Handlers '{0}' and '{1}' share topic '{2}' and the group {3}, and so {4}, but the one has {5} and the other {6}. Write the same in both, or give one of them a Group of its own.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND065"), customTags: WellKnownDiagnosticTags.CompilationEnd);
}
