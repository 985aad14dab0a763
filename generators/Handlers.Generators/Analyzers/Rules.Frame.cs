using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about payloads in the frame of a schema.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor UnsupportedFrame = new(
        "HND066", "A schema frame is around what has none",
        "Handler '{0}' has '{1}': {2}",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND066"));

    public static readonly DiagnosticDescriptor FramedTypeInBody = new(
        "HND067", "The type of message is behind the frame",
        "Handler '{0}' takes a Framed<T> and has TypeFrom = Json, but the body begins with a frame and is no JSON from its first byte on. Let messages say their type in a header, or give the handler a topic or a Group of its own.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND067"));
}
