using Microsoft.CodeAnalysis;

namespace Handlers.Generators.Analyzers;

/// <summary>Rules about handlers of lists.</summary>
internal static partial class Rules
{
    public static readonly DiagnosticDescriptor BatchEachMessage = new(
        "HND055", "A batch is committed as a whole",
        "Handler '{0}' takes batches and has Commit = EachMessage, but the messages of a batch are handled together. Use Commit = Watermark, or take one message a call.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND055"));

    public static readonly DiagnosticDescriptor BatchByKey = new(
        "HND056", "A batch has many keys",
        "Handler '{0}' takes batches and has Ordering = Key, but a batch holds messages of many keys. Use Ordering = Lane or None, or take one message a call.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND056"));

    public static readonly DiagnosticDescriptor BatchSize = new(
        "HND057", "The size of a batch is out of its range",
        "Handler '{0}' has a batch size of {1}. It must be 1 to 100000; leave it out for 100.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND057"));

    public static readonly DiagnosticDescriptor NotABatch = new(
        "HND058", "[Batch] is for handlers of lists",
        "Handler '{0}' has [Batch] but takes one message a call. Take an IReadOnlyList<T> of payloads, or remove [Batch].",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND058"));

    public static readonly DiagnosticDescriptor BatchContextWithoutBatch = new(
        "HND059", "BatchContext is for handlers of lists",
        "Handler '{0}' takes a BatchContext but one message a call. Take MessageContext, or an IReadOnlyList<T> of payloads.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND059"));

    public static readonly DiagnosticDescriptor BatchParameter = new(
        "HND060", "A batch has no single key, header or context",
        "Handler '{0}' takes batches, and its parameter '{1}' is {2}. Take IReadOnlyList<Message<T>> and use {3}.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND060"));

    public static readonly DiagnosticDescriptor BatchResult = new(
        "HND061", "A handler of batches returns no result",
        "Handler '{0}' takes batches and returns '{1}', but nothing says which message a result belongs to. Return void, Task or ValueTask, or take one message a call.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND061"));

    public static readonly DiagnosticDescriptor BatchOfType = new(
        "HND062", "A handler of batches takes every type",
        "Handler '{0}' takes batches and a MessageType, which are not supported together. Take one message a call, or give the handler a Group of its own and no MessageType.",
        Category, DiagnosticSeverity.Error, isEnabledByDefault: true, helpLinkUri: Page("HND062"));
}
